#include "story/undoing.h"

#include "base/event.h"
#include "base/log.h"
#include "base/output.h"
#include "base/stop.h"
#include "base/util.h"
#include "cli/command.h"
#include "cutover/finish.h"
#include "server/peer.h"
#include "steps/mdl.h"
#include "story/migration.h"
#include "story/outlast.h"
#include "story/purge.h"
#include "story/recall.h"
#include "story/throttling.h"
#include "story/watch.h"

/* undo_run_fn: no other session uses what it is about. */
static int
run_plainly(void *arg, enum undo_what what, const char *sql, struct err *e)
{
	const struct migration *m = arg;

	(void)what;
	return db_run_text(m->db, sql, e);
}

/* They went with the table when it was renamed. */
static int
drop_triggers(struct migration *m, struct err *e)
{
	const struct qname *table =
	    m->swap == SWAP_DONE ? &m->names.attic : &m->names.old;
	int rc;

	if (!undo_owes(&m->undo, UNDO_TRIGGER))
		return 0;
	if (mdl_hold(m->db, MDL_ONE(table), &m->cfg->tries_drop_triggers,
	    e) != 0)
		return -1;
	/* It may be a connection's end that has brought us here. */
	rc = mdl_reopen(m->db, table, e);
	if (rc == 0)
		rc = undo_run(&m->undo, UNDO_TRIGGER, run_plainly, m, e);
	return mdl_release(m->db, rc, e);
}

/* The row goes, but for that of a migration that can be reverted. */
static int
close_registry_row(struct migration *m, struct err *e)
{
	if (m->swap == SWAP_DONE)
		outlast_swap(m);
	if (m->swap != SWAP_DONE || !m->cfg->reverse)
		return registry_end(&m->registry, m->db,
		    &m->cfg->tries_drop_triggers, e);
	if (registry_state(&m->registry, m->db, STATE_REVERTIBLE, e) != 0)
		return -1;
	command_log(log_info, m->cfg, "to swap the tables back", "revert",
	    "to end that and drop the old table", "cleanup", COMMAND_END);
	return 0;
}

/*
 * undo_run_fn: a transaction that began earlier may still use the table; and
 * MySQL locks the parents of one that is dropped.
 */
static int
run_alone(void *arg, enum undo_what what, const char *sql, struct err *e)
{
	struct migration *m = arg;
	const struct qname *table;
	struct fkeys f = FKEYS_INIT;
	struct qname trial;
	int rc;

	if (what == UNDO_RECORD)
		return close_registry_row(m, e);
	names_trial(&trial, &m->names);
	table = what == UNDO_REJECTS ? &m->names.rejects :
	    what == UNDO_BACK ? &m->names.back_rejects :
	    what == UNDO_TRY ? &trial :
	    what == UNDO_ATTIC ? &m->names.attic : &m->names.shadow;
	if (purge_is_wanted(m, what) && purge_run(m, table, e) != 0)
		return -1;
	rc = what != UNDO_SHADOW ? 0 :
	    peer_end(m->db, "ALTER TABLE", table->sql, e);
	if (rc == 0)
		rc = fkey_own(&f, m->db, table, e);
	if (rc == 0)
		rc = mdl_run_with_parents(m->db, table, &f,
		    &m->cfg->tries_drop_triggers, sql, e);
	fkey_free(&f);
	return rc;
}

/* The triggers first: what they write to must not go before them. */
static int
take_away(struct migration *m, enum undo_what what, struct err *e)
{
	if (drop_triggers(m, e) != 0)
		return -1;
	return undo_run(&m->undo, what, run_alone, m, e);
}

/*
 * 1; 0 when somebody else has taken it over, and with it all that is in the
 * ledger; or -1 with *e.
 */
static int
is_ours(struct migration *m, struct err *e)
{
	int ours = recall_still_ours(m, e);

	if (ours == 0)
		undo_forget(&m->undo, UNDO_ANY);
	return ours;
}

int
undoing_release(struct migration *m, struct err *e)
{
	/* Our lock went if the swap has lost its connection. */
	int ours = is_ours(m, e);

	if (ours <= 0)
		return ours;
	if (!m->cfg->drop_triggers) {
		undo_forget(&m->undo, UNDO_TRIGGER);
		undo_forget(&m->undo, UNDO_REJECTS);
		log_info("the triggers stay, as --no-drop-triggers asks for");
		return 0;
	}
	return drop_triggers(m, e);
}

int
undoing_drop(struct migration *m, struct err *e)
{
	if (!m->cfg->swap_tables && !m->cfg->drop_new_table && !m->already) {
		undo_forget(&m->undo, UNDO_SHADOW);
		log_info("the new table stays as %s%s", m->names.shadow.sql,
		    m->plan.apart.n > 0 ? ", without its foreign keys to "
		    "itself" : "");
	}
	if (m->swap == SWAP_DONE && (!m->cfg->drop_old_table ||
	    migration_left_behind(m)))
		log_info("the %s table stays as %s%s",
		    m->reverting ? "new" : "old", m->names.attic.sql,
		    m->cfg->reverse ? ", and is kept in step" : "");
	return take_away(m, UNDO_ANY, e);
}

int
undoing_drop_new(struct migration *m, struct err *e)
{
	struct fkeys f = FKEYS_INIT;
	struct str q = STR_INIT;
	int rc = fkey_own(&f, m->db, &m->names.shadow, e);

	str_addf(&q, "DROP TABLE IF EXISTS %s", m->names.shadow.sql);
	if (rc == 0)
		rc = mdl_run_with_parents(m->db, &m->names.shadow, &f,
		    &m->cfg->tries_drop_triggers, q.s, e);
	str_free(&q);
	fkey_free(&f);
	if (rc == 0)
		undo_forget(&m->undo, UNDO_SHADOW);
	return rc;
}

/* A registry that is not ours any more is left alone, and said in the end. */
static int
tell_undoing(struct migration *m, struct err *e)
{
	if (m->unproven != ERR_NONE || undo_owes_only(&m->undo, UNDO_RECORD) ||
	    watch_state(m, m->swap == SWAP_DONE ? STATE_CLEANING :
	    STATE_UNDOING, e) == 0)
		return 0;
	if (e->kind == ERR_LOST || e->kind == ERR_BUSY ||
	    registry_ours(&m->registry, m->db, e) >= 0)
		return -1;
	e->kind = ERR_NONE;
	return 0;
}

#define UNDO_LOSSES 5	/* connections that break meanwhile */
#define UNDO_WAIT 60	/* seconds for a server that is away */

/*
 * The main connection may be what broke.  Who has waited so long as
 * --reconnect-for says does not wait as long once more.
 */
static int
reach_server(struct migration *m, double until, struct err *e)
{
	double pause = 0;

	while (db_quiet(m->db, e, "DO 0") != 0) {
		if ((pause > 0 && now_s() > until) || stop_sleep(pause))
			return -1;
		db_reopen(m->db, e);
		pause = 1;
	}
	e->kind = ERR_NONE;
	return server_recognize(m->db, e);
}

void
undoing_keep_table(struct migration *m)
{
	if (m->swap != SWAP_NOT_YET || m->reverting || m->cfg->dry_run ||
	    m->cfg->drop_new_table || !undo_owes(&m->undo, UNDO_SHADOW))
		return;
	undo_forget(&m->undo, UNDO_SHADOW);
	log_info("the new table stays as %s, as --no-drop-new-table asks for",
	    m->names.shadow.sql);
}

/*
 * What the connection that broke had sent may still be running, but everything
 * in the ledger is safe to run twice.
 */
static int
undo_once(struct migration *m, double until, struct err *e)
{
	int ours;

	if (!undo_owes(&m->undo, UNDO_ANY))
		return 0;
	stop_acknowledge();
	event_doing("removing what was created");
	if (reach_server(m, until, e) != 0)
		return -1;
	ours = is_ours(m, e);
	if (ours <= 0)
		return ours;
	/* By its state a revert is known to have a table to try things on. */
	if (undo_run(&m->undo, UNDO_TRY, run_alone, m, e) != 0 ||
	    tell_undoing(m, e) != 0)
		return -1;
	/* And a later run is not to do it once more. */
	if ((undo_owes(&m->undo, UNDO_FINISH) ||
	    undo_owes(&m->undo, UNDO_RESTORE)) &&
	    (finish_run(m->db, &m->plan, m->cfg, &m->undo, e) != 0 ||
	    registry_note_cutover(&m->registry, m->db, "", e) != 0))
		return -1;
	if (drop_triggers(m, e) != 0)
		return -1;
	if ((m->cfg->execute || m->resumed) && !m->cfg->drop_new_table &&
	    undo_owes(&m->undo, UNDO_SHADOW)) {
		undo_forget(&m->undo, UNDO_SHADOW);
		log_info("the new table stays as %s", m->names.shadow.sql);
	}
	return take_away(m, UNDO_ANY, e);
}

/*
 * Even DROP TABLE can fail when a disk is full.  Then at least the application
 * is not to fail because of the triggers.
 */
static void
free_application(struct migration *m)
{
	struct err ignored = { .kind = ERR_NONE };

	if (!m->reverting && m->swap != SWAP_DONE &&
	    !undo_owes(&m->undo, UNDO_FINISH) &&
	    !undo_owes(&m->undo, UNDO_RESTORE))
		drop_triggers(m, &ignored);
}

/* What is done is forgotten; so after a lost connection it goes on. */
int
undoing_run(struct migration *m, struct err *e)
{
	double wait = m->cfg->login.reconnect_for, until;
	int i, rc;

	until = now_s() + (wait < UNDO_WAIT ? wait : UNDO_WAIT);
	for (i = 0; (rc = undo_once(m, until, e)) != 0; i++)
		if (e->kind != ERR_LOST || i >= UNDO_LOSSES)
			break;
	if (rc != 0 && e->kind == ERR_DISK)
		free_application(m);
	return rc;
}

/* It can be resumed once the triggers are complete and known. */
bool
undoing_keep(struct migration *m)
{
	if (!same_text(m->cfg->on_interrupt, "keep") || m->swap == SWAP_DONE ||
	    m->reverting || throttling_condemned(m) ||
	    m->registry.id == 0 || !trigger_set_is_known(&m->triggers))
		return false;
	undo_forget(&m->undo, UNDO_ANY);
	log_info("kept, with its triggers active; the ID is %llu",
	    m->registry.id);
	command_log(log_hint, m->cfg, "to resume it", "resume",
	    "to remove it", "cleanup", COMMAND_END);
	return true;
}

void
undoing_print(struct undo *undo)
{
	struct str text = STR_INIT;

	log_hint("these are left on the server; to remove them, run:");
	undo_print(undo, &text);
	event_answer(&text);
	str_free(&text);
}

int
undoing_leave(void *undo)
{
	struct err e;

	err_set(&e, ERR_STOPPED, "stopped at once; what was under way may not "
	    "have ended");
	event_error(&e);
	if (undo_owes(undo, UNDO_ANY))
		undoing_print(undo);
	output_flush(1);
	return undo_owes(undo, UNDO_ATTIC) || undo_owes(undo, UNDO_FINISH) ?
	    ERR_LEFT : ERR_STOPPED;
}
