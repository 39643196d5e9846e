#include "migrate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/stop.h"
#include "base/util.h"
#include "steps/check.h"
#include "steps/claim.h"
#include "steps/copy.h"
#include "steps/mdl.h"
#include "steps/shadow.h"
#include "steps/swap.h"
#include "steps/unique.h"
#include "steps/verify.h"
#include "steps/warning.h"

int
migrate_connect(struct migration *m, struct err *e)
{
	m->began = now_s();
	if (db_open(&m->db, m->cfg, "conductor", e) != 0 ||
	    server_probe(&m->server, m->db, e) != 0 ||
	    server_session(&m->server, m->db, SESSION_CONDUCTOR, 0, m->cfg,
	    e) != 0)
		return -1;
	return 0;
}

int
migrate_inspect(struct migration *m, struct err *e)
{
	struct alter_mode mode = {
		.ansi_quotes = m->server.ansi_quotes,
		.no_backslash_escapes = m->server.no_backslash_escapes,
		.mariadb = m->server.mariadb,
	};

	if (qname_set(&m->names.old, m->cfg->database, m->cfg->table, e) !=
	    0 ||
	    alter_parse(&m->alter, m->cfg->alter, &mode, e) != 0 ||
	    claim_take(m->db, &m->names.old, e) != 0 ||
	    table_load(&m->old, m->db, &m->server, &m->names.old, e) != 0 ||
	    shadow_names(&m->names, m->db, m->cfg, e) != 0)
		return -1;
	return 0;
}

static struct check_input
to_check(const struct migration *m)
{
	struct check_input in = {
		.db = m->db,
		.server = &m->server,
		.old = m->old,
		.alter = &m->alter,
		.cfg = m->cfg,
	};

	return in;
}

int
migrate_check(struct migration *m, struct err *e)
{
	struct check_input in = to_check(m);

	return check_all(&in, e);
}

int
migrate_create(struct migration *m, struct err *e)
{
	return shadow_create(m->db, &m->names, m->old, &m->server, m->cfg,
	    &m->undo, e);
}

int
migrate_alter(struct migration *m, struct err *e)
{
	return shadow_alter(m->db, &m->names, m->old, &m->alter, &m->server,
	    m->cfg, e);
}

/* For the plan: which columns may come out different. */
static bool
may_change(void *arg, const char *column)
{
	const struct migration *m = arg;

	return warning_allowed(m->cfg, column);
}

int
migrate_plan(struct migration *m, struct err *e)
{
	struct plan_wish wish = {
		.chunk_index = m->cfg->chunk_index,
		.null_to_not_null = m->cfg->null_to_not_null,
		.checksum = m->cfg->verify != VERIFY_COUNT,
		.may_change = may_change,
		.arg = m,
	};

	if (table_load(&m->new, m->db, &m->server, &m->names.shadow, e) != 0 ||
	    plan_make(&m->plan, &m->names, m->old, m->new, &m->alter,
	    &m->server, &wish, e) != 0 ||
	    check_plan(m->db, &m->plan, e) != 0)
		return -1;
	if (m->cfg->dry_run)
		plan_print(&m->plan, stdout);
	return m->cfg->check_unique ? unique_check(&m->plan, m->cfg, e) : 0;
}

int
migrate_capture(struct migration *m, struct err *e)
{
	return capture_run(m->db, &m->plan, m->cfg, &m->undo, &m->capture,
	    e);
}

/*
 * While others work, the conductor keeps other livealters out, and sees that
 * the triggers are there and have nothing to complain about.
 */
static int
keep_watch(void *arg, struct err *e)
{
	const struct migration *m = arg;

	if (claim_keep(m->db, &m->names.old, e) != 0)
		return -1;
	return capture_intact(m->db, &m->plan, &m->capture, e);
}

int
migrate_copy(struct migration *m, struct err *e)
{
	if (copy_run(&m->plan, m->cfg, keep_watch, m, &m->copied, e) != 0)
		return -1;
	log_info("copied %llu rows in %.1f s", m->copied.rows,
	    m->copied.seconds);
	return keep_watch(m, e);
}

int
migrate_verify(struct migration *m, struct err *e)
{
	if (m->cfg->verify == VERIFY_NONE) {
		log_info("not compared, as --verify=none asks for");
		/* Two rows that became one are seen by nothing else. */
		return m->plan.merges ? verify_counts(&m->plan, m->cfg, e) : 0;
	}
	if (verify_run(&m->plan, m->cfg, keep_watch, m, &m->compared, e) != 0)
		return -1;
	log_info("compared %llu rows in %.1f s: no difference",
	    m->compared.rows, m->compared.seconds);
	return 0;
}

/*
 * Somebody may have altered the table, or given it a trigger or a child,
 * while it was copied; the new table would not have it.
 */
static int
check_again(struct migration *m, struct err *e)
{
	struct check_input in = to_check(m);
	bool anew;

	if (check_unchanged(&in, m->new, &anew, e) != 0)
		return -1;
	if (!anew)
		return 0;
	log_info("compare the two tables once more");
	return m->cfg->verify == VERIFY_NONE ?
	    verify_counts(&m->plan, m->cfg, e) : migrate_verify(m, e);
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
	if (claim_keep(m->db, &m->names.old, e) != 0 ||
	    check_again(m, e) != 0)
		return -1;
	rc = swap_run(m->db, &m->plan, m->cfg, &m->capture, &m->undo,
	    &m->swapped, e);
	if (m->swapped && !m->cfg->drop_old_table)
		undo_forget(&m->undo, UNDO_ATTIC);
	return rc;
}

/* undo_run_fn: under a lock that is held already. */
static int
run_held(void *arg, enum undo_what what, const char *sql, struct err *e)
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
	    m->swapped ? &m->names.attic : &m->names.old;
	struct err e2 = { .kind = ERR_NONE };
	int rc;

	if (!undo_owes(&m->undo, UNDO_TRIGGER))
		return 0;
	if (mdl_hold(m->db, &m->server, table, &m->cfg->tries_drop_triggers,
	    e) != 0)
		return -1;
	rc = undo_run(&m->undo, UNDO_TRIGGER, run_held, m, e);
	if (mdl_release(m->db, rc == 0 ? e : &e2) != 0)
		rc = -1;
	return rc;
}

/* undo_run_fn: a transaction that began earlier may still use the table. */
static int
run_alone(void *arg, enum undo_what what, const char *sql, struct err *e)
{
	const struct migration *m = arg;
	const struct qname *table = what == UNDO_SHADOW ? &m->names.shadow :
	    what == UNDO_NOTES ? &m->names.notes : &m->names.attic;

	return mdl_run(m->db, &m->server, table, &m->cfg->tries_drop_triggers,
	    sql, e);
}

/* The triggers first: what they write to must not go before them. */
static int
take_away(struct migration *m, enum undo_what what, struct err *e)
{
	if (drop_triggers(m, e) != 0)
		return -1;
	return undo_run(&m->undo, what, run_alone, m, e);
}

int
migrate_release(struct migration *m, struct err *e)
{
	if (!m->cfg->drop_triggers) {
		undo_forget(&m->undo, UNDO_TRIGGER);
		undo_forget(&m->undo, UNDO_NOTES);
		log_info("the triggers stay, as --no-drop-triggers asks for");
		return 0;
	}
	return take_away(m, UNDO_NOTES, e);
}

int
migrate_drop(struct migration *m, struct err *e)
{
	if (!m->cfg->swap_tables && !m->cfg->drop_new_table) {
		undo_forget(&m->undo, UNDO_SHADOW);
		log_info("the new table stays as %s", m->names.shadow.sql);
	}
	if (m->swapped && !m->cfg->drop_old_table)
		log_info("the old table stays as %s", m->names.attic.sql);
	return take_away(m, UNDO_ANY, e);
}

/*
 * The conductor's connection may be what broke.  What it had sent may still
 * be running, but everything in the ledger is safe to run twice.
 */
int
migrate_undo(struct migration *m, struct err *e)
{
	struct err ignored = { .kind = ERR_NONE };
	int tries;

	if (!undo_owes(&m->undo, UNDO_ANY))
		return 0;
	stop_acknowledge();
	for (tries = 0; db_quiet(m->db, &ignored, "DO 0") != 0; tries++) {
		if (tries >= 10 || stop_sleep(tries > 0 ? 1 : 0)) {
			*e = ignored;
			return -1;
		}
		db_reopen(m->db, &ignored);
	}
	if (drop_triggers(m, e) != 0)
		return -1;
	if (m->cfg->execute && !m->cfg->drop_new_table &&
	    undo_owes(&m->undo, UNDO_SHADOW)) {
		undo_forget(&m->undo, UNDO_SHADOW);
		log_info("the new table stays as %s", m->names.shadow.sql);
	}
	return take_away(m, UNDO_ANY, e);
}

static void
report_statistics(const struct migration *m)
{
	printf("# rows copied         %llu\n", m->copied.rows);
	printf("# chunks              %llu\n", m->copied.chunks);
	printf("# chunks met by locks %llu\n", m->copied.conflicts);
	printf("# seconds copying     %.2f\n", m->copied.seconds);
	printf("# rows compared       %llu\n", m->compared.rows);
	printf("# seconds comparing   %.2f\n", m->compared.seconds);
	printf("# seconds in all      %.2f\n", now_s() - m->began);
}

void
migrate_report(const struct migration *m)
{
	if (m->cfg->statistics && !m->cfg->dry_run)
		report_statistics(m);
	if (m->swapped)
		printf("Successfully altered %s.\n", m->names.old.sql);
	else if (m->cfg->dry_run)
		printf("Dry run complete.  %s was not altered.\n",
		    m->names.old.sql);
	else
		printf("%s was not altered.\n", m->names.old.sql);
	fflush(stdout);
}

void
migrate_free(struct migration *m)
{
	plan_free(&m->plan);
	alter_free(&m->alter);
	table_free(m->old);
	table_free(m->new);
	server_free(&m->server);
	capture_free(&m->capture);
	undo_forget(&m->undo, UNDO_ANY);
	db_close(m->db);
}
