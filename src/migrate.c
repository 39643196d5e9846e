#include "migrate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/print.h"
#include "base/stop.h"
#include "base/util.h"
#include "catch_up.h"
#include "cli/command.h"
#include "exchange.h"
#include "model/apart.h"
#include "model/cutover_script.h"
#include "model/planner.h"
#include "model/reverse.h"
#include "outlast.h"
#include "recall.h"
#include "server/session.h"
#include "steps/breakage.h"
#include "steps/check.h"
#include "steps/claim.h"
#include "steps/copy.h"
#include "steps/dictionary.h"
#include "steps/finish.h"
#include "steps/kinship.h"
#include "steps/mdl.h"
#include "steps/postpone.h"
#include "steps/privileges.h"
#include "steps/shadow.h"
#include "steps/swap.h"
#include "steps/sweep.h"
#include "steps/turn.h"
#include "steps/unique.h"
#include "steps/warning.h"
#include "unchanged.h"
#include "watch.h"

int
migrate_connect(struct migration *m, struct err *e)
{
	const char *definer = m->cfg->trigger_definer;

	m->began = now_s();
	if (definer != NULL && account_set(&m->definer, definer, e) != 0)
		return -1;
	wish_init(&m->wish, m->cfg, &m->server, &m->registry);
	return session_first(&m->db, &m->server, m->recalled,
	    "conductor", e);
}

int
migrate_read(struct migration *m, struct err *e)
{
	return recall_alter(&m->alter, m->cfg->alter, &m->server, e) !=
	    0 ||
	    table_load(&m->old, m->db, &m->server, &m->names.old, e) != 0 ||
	    kin_load(&m->kin, m->db, &m->names.old,
	    m->reverting ? &m->names.attic : &m->names.shadow,
	    m->cfg->only_same_schema_fks, e) != 0 ? -1 : 0;
}

int
migrate_inspect(struct migration *m, struct err *e)
{
	if (qname_set(&m->names.old, m->cfg->database, m->cfg->table, e) !=
	    0 ||
	    claim_take(m->db, &m->names.old, e) != 0)
		return -1;
	m->claimed_by = db_id(m->db);
	if (recall_refuse(m, e) != 0 || migrate_read(m, e) != 0)
		return privileges_blame(m->db, &m->server, &m->names.old,
		    PRIVILEGES_RUN, e);
	if (shadow_names(&m->names, m->db, m->cfg, e) != 0)
		return -1;
	return 0;
}

struct check_input
migrate_to_check(const struct migration *m)
{
	struct check_input in = {
		.db = m->db,
		.server = &m->server,
		.old = m->old,
		.kin = &m->kin,
		.alter = &m->alter,
		.cfg = m->cfg,
		.running = m->resumed || m->reverting,
	};

	return in;
}

int
migrate_check(struct migration *m, struct err *e)
{
	struct check_input in = migrate_to_check(m);

	return check_all(&in, e);
}

int
migrate_create(struct migration *m, struct err *e)
{
	if (m->cfg->execute && (recall_enter(m, e) != 0 ||
	    capture_prepare(m->db, &m->server, &m->names, &m->undo, e) != 0))
		return -1;
	if (shadow_create(m->db, &m->names, m->old, &m->server, m->cfg,
	    &m->undo, e) != 0)
		return -1;
	return dictionary_check(m->db, &m->server, &m->names.old,
	    &m->names.shadow, e);
}

int
migrate_alter(struct migration *m, struct err *e)
{
	return shadow_alter(m->db, &m->names, m->old, &m->alter, &m->server,
	    m->cfg, e) != 0 ||
	    shadow_added_keys(m->db, &m->names, m->old, &m->server, m->cfg,
	    &m->added, e) != 0 ? -1 : 0;
}

/* For the plan: which columns may come out different. */
static bool
may_change(const void *arg, const char *column)
{
	const struct config *cfg = arg;

	return warning_allowed(cfg, column);
}

struct plan_wish
migrate_wish(const struct migration *m)
{
	struct plan_wish wish = {
		.chunk_index = m->reverting ? NULL : m->cfg->chunk_index,
		.null_to_not_null = m->cfg->null_to_not_null,
		.checksum = m->cfg->verify != VERIFY_COUNT,
		.kin = &m->kin,
		.added = &m->added,
		.follow_children = !same_text(m->cfg->fkeys_method, "none"),
		.apart = m->new != NULL && apart_is(&m->server, m->old, m->new),
		.kept_in_step = m->cfg->reverse,
		.proves = m->cfg->verify_swap != VERIFY_SWAP_NO,
		.believes_new = config_without(m->cfg, "update-ignore"),
		.definer = m->cfg->trigger_definer != NULL ? m->definer.sql :
		    NULL,
		.may_change = may_change,
		.arg = m->cfg,
	};

	return wish;
}

/* Hours before it matters: which clock is meant, and what it shows. */
static void
tell_postponing(const struct config *cfg)
{
	struct str text = STR_INIT;

	postpone_describe(&text, cfg);
	if (text.len > 0 && cfg->dry_run)
		print_line(stdout, "%s", text.s);
	else if (text.len > 0 && cfg->swap_tables)
		log_info("%s", text.s);
	str_free(&text);
}

int
migrate_tell_breakage(const struct migration *m, struct err *e)
{
	struct str text = STR_INIT;
	int rc = breakage_describe(&text, m->db, &m->plan, e);

	if (rc == 0 && text.len > 0 && m->cfg->dry_run)
		print_line(stdout, "%s", text.s);
	else if (rc == 0 && text.len > 0)
		log_warn("%s", text.s);
	str_free(&text);
	return rc;
}

/* The mirroring after the swap, where it is wanted. */
static int
plan_way_back(struct migration *m, const struct plan_wish *wish,
    struct err *e)
{
	if (!m->cfg->reverse)
		return 0;
	if (reverse_check_keys(&m->plan, &m->alter, e) != 0 ||
	    planner_reverse(&m->plan, &m->alter, wish, e) != 0 ||
	    reverse_check(m->plan.back, m->cfg->accept_loss, e) != 0 ||
	    turn_plan(m->db, &m->plan, e) != 0)
		return err_while(e, "the way back");
	cutover_script_flip(&m->plan);
	return 0;
}

int
migrate_plan(struct migration *m, struct err *e)
{
	const struct ask_beat beat = { watch_alone, m };
	struct plan_wish wish;

	if (table_load(&m->new, m->db, &m->server, &m->names.shadow, e) != 0)
		return -1;
	wish = migrate_wish(m);
	if (kin_prepare(&m->kin, m->db, &m->names.shadow, m->server.mariadb,
	    e) != 0 ||
	    planner_make(&m->plan, &m->names, m->old, m->new, &m->alter,
	    &m->server, &wish, e) != 0 ||
	    check_plan(m->db, &m->plan, e) != 0 ||
	    catch_up_check(m, e) != 0 ||
	    plan_way_back(m, &wish, e) != 0 ||
	    (!m->resumed && kinship_try(m->db, &m->plan, m->cfg, &m->undo,
	    e) != 0))
		return -1;
	if (m->cfg->dry_run) {
		log_flush(0);
		plan_print(&m->plan, stdout);
	}
	if (!m->resumed && migrate_tell_breakage(m, e) != 0)
		return -1;
	tell_postponing(m->cfg);
	fflush(stdout);
	if (registry_note_plan(&m->registry, m->db, &m->plan, e) != 0)
		return -1;
	if (m->resumed)
		return 0;
	if (kinship_orphans(&m->plan, m->cfg, false, &beat, e) != 0)
		return -1;
	return m->cfg->check_unique ? unique_check(&m->plan, m->cfg, &beat,
	    e) : 0;
}

int
migrate_capture(struct migration *m, struct err *e)
{
	if (capture_run(m->db, &m->plan, m->cfg, &m->undo, &m->capture,
	    e) != 0 || outlast_run(m, e) != 0)
		return -1;
	return registry_note_triggers(&m->registry, m->db, &m->capture, e);
}

int
migrate_copy(struct migration *m, struct err *e)
{
	const struct ask_beat beat = { watch_tables, m };
	struct watching w;

	watch_walk(&w, m, watch_tables);
	if (watch_state(m, STATE_COPYING, e) != 0 ||
	    watch_persist(m, unchanged_note, e) != 0)
		return -1;
	if (m->plan.autoinc_lock)
		rest_begin(&m->rest, &m->names.old, m->db);
	if (m->plan.in_order) {
		if (catch_up_begin(m, e) != 0 || catch_up_run(m, e) != 0)
			return -1;
	} else if (copy_run(&m->plan, m->cfg, &m->registry, &w.watch, &m->rest,
	    &m->copied, e) != 0)
		return -1;
	log_info("copied %llu rows in %.1f s", m->copied.walk.rows,
	    m->copied.walk.seconds);
	if (sweep_run(&m->plan, m->cfg, &beat, e) != 0)
		return -1;
	return watch_tables(m, e);
}

/* The children still reference it, as --alter-foreign-keys-method=none says. */
static bool
left_behind(const struct migration *m)
{
	return m->kin.child.n > 0 && !m->plan.follow_children;
}

/* undo_run_fn: nobody else uses what it is about. */
static int
run_plainly(void *arg, enum undo_what what, const char *sql, struct err *e)
{
	const struct migration *m = arg;

	(void)what;
	return db_run_text(m->db, sql, e);
}

int
migrate_swap(struct migration *m, struct err *e)
{
	int rc;

	if (!m->cfg->swap_tables) {
		log_info("the tables are not swapped, as --no-swap-tables "
		    "asks for");
		return 0;
	}
	rc = exchange_run(m, e);
	if (m->swapped && (!m->cfg->drop_old_table || left_behind(m)))
		undo_forget(&m->undo, UNDO_ATTIC);
	return rc;
}

/* They went with the table when it was renamed. */
static int
drop_triggers(struct migration *m, struct err *e)
{
	const struct qname *table =
	    m->swapped ? &m->names.attic : &m->names.old;
	int rc;

	if (!undo_owes(&m->undo, UNDO_TRIGGER))
		return 0;
	if (mdl_hold(m->db, &m->server, MDL_ONE(table),
	    &m->cfg->tries_drop_triggers, e) != 0)
		return -1;
	/* It may be a connection's end that has brought us here. */
	rc = mdl_open_anew(m->db, &m->server, table, e);
	if (rc == 0)
		rc = undo_run(&m->undo, UNDO_TRIGGER, run_plainly, m, e);
	return mdl_release(m->db, rc, e);
}

/* The row goes, but for that of a migration that can be reverted. */
static int
close_record(struct migration *m, struct err *e)
{
	if (m->swapped)
		outlast_swap(m);
	if (!m->swapped || !m->cfg->reverse)
		return registry_end(&m->registry, m->db, &m->server,
		    &m->cfg->tries_drop_triggers, e);
	if (registry_state(&m->registry, m->db, STATE_REVERTIBLE, e) != 0)
		return -1;
	command_log(log_info, m->cfg, "revert", "swaps the tables back",
	    "cleanup", "ends that and drops the old one", COMMAND_END);
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
		return close_record(m, e);
	names_trial(&trial, &m->names);
	table = what == UNDO_NOTES ? &m->names.notes :
	    what == UNDO_BACK ? &m->names.back_notes :
	    what == UNDO_TRY ? &trial :
	    what == UNDO_ATTIC ? &m->names.attic : &m->names.shadow;
	rc = fkey_own(&f, m->db, table, e);
	if (rc == 0)
		rc = mdl_run_with_parents(m->db, &m->server, table, &f,
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
migrate_release(struct migration *m, struct err *e)
{
	/* Our lock went if the swap has lost its connection. */
	int ours = is_ours(m, e);

	if (ours <= 0)
		return ours;
	if (!m->cfg->drop_triggers) {
		undo_forget(&m->undo, UNDO_TRIGGER);
		undo_forget(&m->undo, UNDO_NOTES);
		log_info("the triggers stay, as --no-drop-triggers asks for");
		return 0;
	}
	return drop_triggers(m, e);
}

int
migrate_drop(struct migration *m, struct err *e)
{
	if (!m->cfg->swap_tables && !m->cfg->drop_new_table) {
		undo_forget(&m->undo, UNDO_SHADOW);
		log_info("the new table stays as %s%s", m->names.shadow.sql,
		    m->plan.apart.n > 0 ? ", without its foreign keys to "
		    "itself" : "");
	}
	if (m->swapped && (!m->cfg->drop_old_table || left_behind(m)))
		log_info("the %s table stays as %s%s",
		    m->reverting ? "new" : "old", m->names.attic.sql,
		    m->cfg->reverse ? ", and is kept in step" : "");
	return take_away(m, UNDO_ANY, e);
}

/* It can be resumed once the triggers are complete and known. */
bool
migrate_keep(struct migration *m)
{
	if (!same_text(m->cfg->on_interrupt, "keep") || m->swapped ||
	    m->reverting || m->wish.aborted ||
	    m->registry.id == 0 || m->capture.created[N_TRIGGERS - 1] == NULL)
		return false;
	undo_forget(&m->undo, UNDO_ANY);
	log_info("kept, with the triggers at work; the ID is %llu",
	    m->registry.id);
	command_log(log_hint, m->cfg, "resume", "goes on with it", "cleanup",
	    "takes it away", COMMAND_END);
	return true;
}

/* A registry that is not ours any more is left alone, and said in the end. */
static int
tell_undoing(struct migration *m, struct err *e)
{
	if (m->unproven != ERR_NONE || undo_owes_only(&m->undo, UNDO_RECORD) ||
	    watch_state(m, m->swapped ? STATE_CLEANING : STATE_UNDOING, e) ==
	    0)
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
 * The conductor's connection may be what broke.  Who has waited so long as
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
	return server_recognize(&m->server, m->db, e);
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
	log_doing("taking away what was made");
	log_waiting(NULL);
	if (reach_server(m, until, e) != 0)
		return -1;
	ours = is_ours(m, e);
	if (ours <= 0)
		return ours;
	/* By its state a way back is known to have a table to try things on. */
	if (undo_run(&m->undo, UNDO_TRY, run_alone, m, e) != 0 ||
	    tell_undoing(m, e) != 0)
		return -1;
	/* And whoever comes later is not to do it once more. */
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

/* What is done is forgotten; so after a lost connection it goes on. */
int
migrate_undo(struct migration *m, struct err *e)
{
	double wait = m->cfg->reconnect_for, until;
	int i, rc;

	until = now_s() + (wait < UNDO_WAIT ? wait : UNDO_WAIT);
	for (i = 0; (rc = undo_once(m, until, e)) != 0; i++)
		if (e->kind != ERR_LOST || i >= UNDO_LOSSES)
			break;
	return rc;
}

void
migrate_free(struct migration *m)
{
	proof_close(m->proof);
	planner_free(&m->plan);
	planner_free(&m->forth);
	kin_free(&m->kin);
	fkey_free(&m->added);
	alter_free(&m->alter);
	table_free(m->old);
	table_free(m->new);
	server_free(&m->server);
	capture_free(&m->capture);
	identity_free(&m->old_is);
	identity_free(&m->new_is);
	wish_free(&m->wish);
	registry_free(&m->registry);
	record_free(&m->was);
	in_flight_free(&m->late);
	bound_free(&m->copied.from);
	bound_free(&m->copied.upto);
	undo_forget(&m->undo, UNDO_ANY);
	db_close(m->db);
}
