/*
 * Proving the swap: before the old table is dropped, both tables are compared
 * once more, as they were while the cut-over held its locks.  See
 * steps/proof.h.
 */
#include "story/prove.h"

#include "base/log.h"
#include "base/stop.h"
#include "cli/command.h"
#include "story/watch.h"

#define TRIES	3	/* cut-overs that a lost snapshot may cost */

static int
do_without(struct migration *m, struct err *e)
{
	proof_close(m->proof);
	m->proof = NULL;
	m->proof_left_out = true;
	log_warn("the swap will not be proven: %s", e->text);
	e->kind = ERR_NONE;
	return 0;
}

int
prove_prepare(struct migration *m, struct err *e)
{
	if (m->proof_left_out || !proof_is_wanted(m->cfg, m->compared_at > 0 ?
	    m->compared.seconds : -1)) {
		proof_close(m->proof);
		m->proof = NULL;
		return 0;
	}
	if (proof_open(&m->proof, &m->plan, e) == 0)
		return 0;
	if (m->cfg->verify_swap != VERIFY_SWAP_YES && !stop_requested())
		return do_without(m, e);
	proof_close(m->proof);
	m->proof = NULL;
	return err_while(e, "the connections for --verify-swap");
}

bool
prove_gives_way(struct migration *m, struct err *e)
{
	if (m->proof == NULL || db_class(e->sqlno) != DB_CROWDED)
		return false;
	if (proof_shrink(m->proof) == 0) {
		if (m->cfg->verify_swap == VERIFY_SWAP_YES)
			return false;
		do_without(m, e);
	}
	e->kind = ERR_NONE;
	return true;
}

int
prove_begin(struct migration *m, struct err *e)
{
	if (m->proof == NULL || proof_begin(m->proof, e) == 0)
		return 0;
	if (++m->snapshots_lost >= TRIES)
		return -1;
	log_warn("the cut-over is tried again: %s", e->text);
	e->kind = ERR_NONE;
	return 1;
}

void
prove_end(struct migration *m)
{
	proof_end(m->proof);
}

bool
prove_is_missing(const struct migration *m)
{
	return m->swap == SWAP_DONE && m->cfg->verify_swap != VERIFY_SWAP_NO &&
	    registry_row_is_unproven(&m->was);
}

/* What is to be done about a table that was kept, or is kept in step. */
static int
add_hint(const struct migration *m, struct err *e)
{
	const char *attic = m->names.attic.sql;
	struct str first = STR_INIT;

	if (m->cfg->reverse) {
		str_addf(&first, "%s is kept in step with %s; to drop it, when "
		    "you have compared the two", attic, m->names.old.sql);
		command_hint(e, m->cfg, first.s, "cleanup", COMMAND_END);
		str_free(&first);
		return -1;
	}
	return err_hint(e, "%s is kept and has the rows as they were before "
	    "the swap; compare it with %s, and then DROP TABLE %s", attic,
	    m->names.old.sql, attic);
}

int
prove_missing(const struct migration *m, struct err *e)
{
	err_set(e, ERR_UNPROVEN, "the swap of %s is not proven: livealter died "
	    "before it had compared the tables as they were then",
	    m->names.old.sql);
	return add_hint(m, e);
}

static int
unproven(struct migration *m, struct err *e)
{
	if (e->kind == ERR_UNPROVEN)
		add_hint(m, e);
	/* It is the only one that may have what is missing. */
	undo_forget(&m->undo, UNDO_ATTIC);
	m->unproven = e->kind;
	return -1;
}

/* A run that only completes what another one has begun has nothing to say. */
static void
say_why_not(const struct migration *m)
{
	if (m->cfg->verify_swap == VERIFY_SWAP_NO)
		log_info("not proven, as --verify-swap=no asks for");
	else if (m->cfg->verify == VERIFY_NONE)
		log_info("not proven, as --verify=none asks for");
	else if (m->compared_at > 0 && !m->proof_left_out)
		log_info("not proven, as comparing took more than ten "
		    "minutes; --verify-swap=yes proves it anyway");
}

/* As they were while the locks were held. */
static int
compare(struct migration *m, struct err *e)
{
	struct walk_watch w;
	int rc;

	w = watch_walk(m, watch_alone);
	rc = watch_state(m, STATE_PROVING, e) != 0 ? -1 :
	    proof_run(m->proof, &m->plan, m->cfg, &w, &m->proved, e);
	if (rc != 0 && e->kind != ERR_LOSS && e->kind != ERR_UNPROVEN) {
		e->kind = ERR_UNPROVEN;
		err_while(e, "the swap is not proven");
	}
	return rc;
}

int
prove_run(struct migration *m, struct err *e)
{
	int rc;

	if (m->swap != SWAP_DONE)
		return 0;
	if (m->unproven != ERR_NONE)
		return prove_missing(m, e);
	if (m->proof == NULL) {
		say_why_not(m);
	} else {
		rc = compare(m, e);
		proof_close(m->proof);
		m->proof = NULL;
		if (rc != 0)
			return unproven(m, e);
		log_info("proved %llu rows, as they were at the swap, in "
		    "%.1f s: no difference", m->proved.rows,
		    m->proved.seconds);
	}
	/* From now on the old table may go, also if we are not there. */
	return watch_state(m, STATE_CLEANING, e);
}

int
prove_late(struct migration *m, struct err *e)
{
	return m->swap == SWAP_DONE && m->proof != NULL ? prove_run(m, e) : 0;
}
