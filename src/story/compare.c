#include "story/compare.h"

#include <string.h>

#include "base/log.h"
#include "base/util.h"
#include "model/journal.h"
#include "steps/capture.h"
#include "steps/recopy.h"
#include "steps/verify.h"
#include "story/catch_up.h"
#include "story/unchanged.h"
#include "story/watch.h"

#define LOOKS	3	/* so often may a table have to be compared again */

/*
 * Without InnoDB's ids, where any statement of others looks like one, a few
 * more.
 */
#define LOOKS_BLIND	10

/* Known from the copy: all of it, and neither table has changed since. */
static int
known_equal(struct migration *m, bool *known, struct err *e)
{
	*known = m->copied.all && !m->reconnected && !m->resumed &&
	    activity_was_kept(&m->activity, m->db);
	/* It counts once, since it grows old. */
	m->copied.all = false;
	if (!*known)
		return 0;
	if (unchanged_look(m, e) != 0)
		return -1;
	*known = !unchanged_not(m);
	return 0;
}

#define WALKS	3	/* over a table that undoes nothing */

/*
 * What is not noted, and differs, is copied again; and what then stays
 * different may have met a row that is not up to date.
 */
static int
compare_and_copy(struct migration *m, struct err *e)
{
	const struct walk_watch w = watch_walk(m, watch_tables);
	unsigned long long again = 0, rows;
	int i = 0, rc;

	m->doubted = false;
	do {
		memset(e, 0, sizeof(*e));
		rc = bring_locked(m->db, &m->locked, e) != 0 ||
		    catch_up_run(m, e) != 0 || unchanged_note(m, e) != 0 ?
		    -1 : 0;
		if (rc != 0)
			break;
		m->brought.known = false;
		rc = recopy_run(&m->plan, m->cfg, &w, &m->compared, &rows, e);
		again += rows;
	} while (rc != 0 && e->kind == ERR_DIFFERENT && ++i < WALKS);
	if (again > 0)
		log_info("copied %llu rows again: among them are some that a "
		    "statement left behind before it had noted them", again);
	return rc;
}

static int
compare(struct migration *m, struct err *e)
{
	struct walk_watch w;
	bool known = false;

	if (m->plan.by_key)
		return compare_and_copy(m, e);
	if (catch_up_run(m, e) != 0 || known_equal(m, &known, e) != 0)
		return -1;
	if (known) {
		m->compared = m->copied.compared;
		return 0;
	}
	w = watch_walk(m, watch_tables);
	return unchanged_note(m, e) != 0 ||
	    verify_run(&m->plan, m->cfg, &m->copied.from, &w,
	    &m->compared, e) != 0 ? -1 : 0;
}

/* In order, not all rows are there yet, and only those are compared. */
static int
count(struct migration *m, struct err *e)
{
	const struct query_beat beat = { watch_tables, m };

	if (journal_is_kept(&m->plan))
		return compare(m, e);
	return unchanged_note(m, e) != 0 ||
	    verify_counts(&m->plan, m->cfg, &beat, e) != 0 ? -1 : 0;
}

/* Counting does not tell whether they are the same rows. */
static int
refuse_to_count(const struct migration *m, struct err *e)
{
	err_set(e, ERR_REFUSED, "%s was truncated, exchanged, imported or "
	    "rebuilt by another session, or a part of it was, and --verify=%s "
	    "does not tell whether the new table has its rows",
	    m->old_is.other ? m->old->name.sql : m->new->name.sql,
	    m->cfg->verify == VERIFY_NONE ? "none" : "count");
	return err_hint(e, "nothing was swapped; start again, or omit "
	    "--verify");
}

/*
 * Two rows that became one are seen by nothing else, nor is a TRUNCATE while
 * no livealter was watching, nor what a server that crashed has forgotten.
 */
static int
not_compared(struct migration *m, struct err *e)
{
	if (unchanged_look(m, e) != 0)
		return -1;
	if (unchanged_other(m))
		return refuse_to_count(m, e);
	if (!m->plan.merges && !m->resumed && !m->reconnected &&
	    !unchanged_not(m))
		return 0;
	return count(m, e);
}

/* The likely reason of it. */
static int
hint_not_noted(const struct migration *m, struct err *e)
{
	return err_hint(e, m->server.mariadb ? "under LOCK TABLES, MariaDB's "
	    "triggers cannot write (error 1442): run livealter while the "
	    "application does not lock the table" : "somebody ends statements "
	    "by KILL, or empties the table");
}

static int
not_noted(const struct migration *m, struct err *e)
{
	err_set(e, ERR_SWAP, "statements write to %s again and again without "
	    "noting what they wrote, so that it has other rows than the new "
	    "table", m->names.old.sql);
	return hint_not_noted(m, e);
}

/* What the triggers have noted says why, and which statement it was. */
static void
explain(struct migration *m, struct err *e)
{
	struct err why = { .kind = ERR_NONE };

	if (e->kind == ERR_DIFFERENT &&
	    capture_rejects(m->db, &m->plan, &why) != 0 &&
	    why.kind == ERR_REJECTED)
		*e = why;
	else if (e->kind == ERR_DIFFERENT && m->unnoted.ever)
		hint_not_noted(m, e);
}

int
compare_run(struct migration *m, struct err *e)
{
	if (m->cfg->verify == VERIFY_NONE) {
		log_info("not compared, as --verify=none asks for");
		return not_compared(m, e);
	}
	if (m->cfg->verify == VERIFY_COUNT && (unchanged_look(m, e) != 0 ||
	    (unchanged_other(m) && refuse_to_count(m, e) != 0)))
		return -1;
	if (watch_state(m, STATE_COMPARING, e) != 0 ||
	    watch_persist(m, compare, e) != 0) {
		explain(m, e);
		return -1;
	}
	m->compared_at = now_s();
	log_info("compared %llu rows in %.1f s: no difference",
	    m->compared.rows, m->compared.seconds);
	return 0;
}

int
compare_again(void *arg, struct err *e)
{
	struct migration *m = arg;

	log_info("compare the two tables once more");
	if (m->cfg->verify != VERIFY_NONE)
		return compare_run(m, e);
	return count(m, e);
}

static int
again_and_again(const struct migration *m, struct err *e)
{
	if (unchanged_other(m))
		return err_set(e, ERR_SWAP, "%s was truncated, exchanged or "
		    "rebuilt by another session again and again",
		    m->names.old.sql);
	if (m->doubted || m->unnoted.likely)
		return not_noted(m, e);
	err_set(e, ERR_SWAP, "it cannot be excluded that %s was truncated, or "
	    "a partition of it exchanged, since it was compared: other "
	    "connections create, alter or drop tables all the time",
	    m->names.old.sql);
	return err_hint(e, "with the privilege PROCESS this can be seen: "
	    "GRANT PROCESS ON *.* TO %s", m->server.user);
}

int
compare_if_changed(struct migration *m, int *looks, struct err *e)
{
	if (!unchanged_not(m) && !m->doubted)
		return 0;
	++*looks;
	if (m->doubted)
		return *looks > LOOKS_BLIND ? again_and_again(m, e) :
		    compare_again(m, e);
	if (*looks > LOOKS && !unchanged_unknown(m))
		return unchanged_note(m, e);
	if (*looks > (unchanged_other(m) ? LOOKS : LOOKS_BLIND))
		return again_and_again(m, e);
	if (unchanged_other(m) && m->cfg->verify != VERIFY_CHECKSUM)
		return refuse_to_count(m, e);
	return compare_again(m, e);
}
