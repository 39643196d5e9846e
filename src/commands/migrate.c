#include "commands/migrate.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/util.h"
#include "cli/command.h"
#include "cli/kept.h"
#include "cutover/cutover.h"
#include "cutover/flip.h"
#include "model/cutover_script.h"
#include "model/planner.h"
#include "model/reverse.h"
#include "model/threads.h"
#include "steps/advisory_lock.h"
#include "steps/capture.h"
#include "steps/check.h"
#include "steps/check_disk.h"
#include "steps/copy.h"
#include "steps/dictionary.h"
#include "steps/fkey_names.h"
#include "steps/foreign_keys.h"
#include "steps/postpone.h"
#include "steps/privileges.h"
#include "steps/shadow.h"
#include "steps/sweep.h"
#include "steps/unique.h"
#include "story/aiming.h"
#include "story/already.h"
#include "story/at_once.h"
#include "story/catch_up.h"
#include "story/compare.h"
#include "story/digesting.h"
#include "story/exchange.h"
#include "story/filtering.h"
#include "story/indexing.h"
#include "story/migration.h"
#include "story/outlast.h"
#include "story/prove.h"
#include "story/recall.h"
#include "story/story.h"
#include "story/summing.h"
#include "story/throttling.h"
#include "story/unchanged.h"
#include "story/undoing.h"
#include "story/watch.h"

static void
tell_left_out(const struct migration *m)
{
	if (m->cfg->at_once != INSTANT_NEVER) {
		log_info("left out, as --instant says how the server is to "
		    "alter the table: %s", m->alter.left_out);
		return;
	}
	log_info("left out, as the server alters an empty table: %s",
	    m->alter.left_out);
	if (native_asks(&m->alter, &m->server, "INSTANT"))
		log_info("--instant=only has the server alter the table itself "
		    "by ALGORITHM=INSTANT, or refuses");
}

static int
inspect(struct migration *m, struct err *e)
{
	if (kept_check(m->cfg, e) != 0 ||
	    qname_set(&m->names.old, m->cfg->database, m->cfg->table, e) !=
	    0 ||
	    advisory_lock_take(m->db, &m->names.old, e) != 0)
		return -1;
	m->claimed_by = db_id(m->db);
	if (recall_refuse(m, e) != 0 || migration_read(m, e) != 0)
		return privileges_blame(m->db, &m->names.old, PRIVILEGES_RUN,
		    e);
	if (m->alter.left_out[0] != '\0')
		tell_left_out(m);
	return shadow_names(&m->names, m->db, m->cfg, e) != 0 ? -1 :
	    aiming_read(m, e);
}

int
migrate_check(struct migration *m, struct err *e)
{
	struct check_input in = migration_to_check(m);

	if (m->cfg->at_once != INSTANT_NEVER && !in.running)
		in.which = CHECK_BUT_COPY;
	return check_all(&in, e) != 0 ||
	    throttling_find_replicas(m, e) != 0 ? -1 : 0;
}

static int
create(struct migration *m, struct err *e)
{
	if (aiming_find(m, e) != 0)
		return -1;
	if (m->already)
		return 0;
	if (m->cfg->execute && (recall_enter(m, e) != 0 ||
	    capture_prepare(m->db, &m->names, &m->undo, e) != 0))
		return -1;
	if (shadow_create(m->db, &m->names, m->old, m->cfg, &m->undo, e) != 0)
		return -1;
	return dictionary_check(m->db, &m->names.old, &m->names.shadow, e);
}

static int
alter(struct migration *m, struct err *e)
{
	if (already_look(m, e) != 0)
		return -1;
	if (m->already)
		return 0;
	if (at_once_alter(m, e) != 0)
		return -1;
	if (at_once_is_done(m))
		return 0;
	return aiming_check(m, e) != 0 ? -1 : shadow_added_keys(m->db,
	    &m->names, m->old, m->cfg, &m->added, e);
}

/* Hours before it matters: which clock is meant, and what it shows. */
static void
tell_postponing(const struct config *cfg)
{
	struct str text = STR_INIT;

	postpone_describe(&text, cfg);
	if (text.len > 0 && cfg->dry_run && !cfg->quiet)
		log_answer("%s", text.s);
	else if (text.len > 0 && cfg->swap_tables)
		log_info("%s", text.s);
	str_free(&text);
}

/* The mirroring after the swap, where it is wanted. */
static int
plan_revert(struct migration *m, const struct plan_options *options,
    struct err *e)
{
	if (!m->cfg->reverse)
		return 0;
	if (reverse_check_keys(&m->plan, &m->alter, e) != 0 ||
	    planner_reverse(&m->plan, &m->alter, options, e) != 0 ||
	    reverse_check(m->plan.back, m->cfg->accept_loss, e) != 0 ||
	    flip_plan(m->db, &m->plan, e) != 0)
		return err_while(e, "planning the revert");
	cutover_script_flip(&m->plan);
	return 0;
}

/* Not every index can walk a table. */
static void
tell_walk(const struct migration *m)
{
	const char *wanted = m->cfg->chunk_index;
	const struct key *k;

	if (wanted == NULL || same_text(wanted, m->plan.walk->name.raw))
		return;
	k = table_key(m->old, wanted);
	log_warn("--chunk-index: %s %s%s; the table is walked by %s",
	    m->names.old.sql, k == NULL ? "has no index of that name" :
	    "cannot be walked by it: ", k == NULL ? "" : k->why_not,
	    m->plan.walk->name.sql);
}

/* A dry run has it in the plan. */
static void
tell_threads(const struct migration *m)
{
	struct str text = STR_INIT;

	if (m->cfg->dry_run || m->cfg->threads != 0)
		return;
	threads_describe(&text, &m->plan);
	log_info("--threads=auto: %s", text.s);
	str_free(&text);
}

/* What it will do, on empty tables; a run that is resumed has done that. */
static int
try_swap(struct migration *m, struct err *e)
{
	return m->resumed ? 0 : foreign_keys_try(m->db, &m->plan, &m->alter,
	    m->cfg, &m->undo, e) != 0 || fkey_names_try(m->db, &m->plan,
	    &m->alter, m->cfg, &m->undo, e) != 0 ? -1 : 0;
}

int
migrate_plan(struct migration *m, struct err *e)
{
	const struct query_beat beat = { watch_alone, m };
	struct plan_options options;
	struct planner_input in;

	if (at_once_is_done(m)) {
		tell_postponing(m->cfg);
		return 0;
	}
	if (table_load(&m->new, m->db, &m->names.shadow, e) != 0 ||
	    filtering_read(m, e) != 0)
		return -1;
	options = migration_options(m);
	in = (struct planner_input){ &m->names, m->old, m->new, &m->alter,
	    &m->server, &options };
	if (dependents_prepare(&m->dependents, m->db, &m->names,
	    m->server.mariadb, e) != 0 || planner_make(&m->plan, &in, e) != 0)
		return -1;
	capture_plan(&m->triggers, &m->plan);
	if (check_plan(m->db, &m->plan, e) != 0 || catch_up_check(m, e) != 0 ||
	    plan_revert(m, &options, e) != 0 || try_swap(m, e) != 0)
		return -1;
	if (indexing_plan(m, e) != 0)
		return -1;
	tell_walk(m);
	tell_threads(m);
	if (m->cfg->dry_run && !m->resumed && summing_tell(m, e) != 0)
		return -1;
	if (m->cfg->dry_run)
		migration_tell_plan(m);
	if (!m->resumed && migration_tell_breakage(m, e) != 0)
		return -1;
	if (!m->resumed && check_disk(m->db, &m->plan, m->cfg, e) != 0)
		return -1;
	tell_postponing(m->cfg);
	filtering_tell(m);
	if (!m->resumed && digesting_look(m, e) != 0)
		return -1;
	if (registry_note_plan(&m->registry, m->db, &m->plan, e) != 0)
		return -1;
	if (m->resumed)
		return 0;
	/* Of a table that is locked as a whole they would keep writers out for
	 * as long as they read. */
	if (m->plan.by_key)
		return 0;
	if (foreign_keys_orphans(&m->plan, false, &beat, e) != 0)
		return -1;
	return m->cfg->check_unique ? unique_check(&m->plan, &beat, e) : 0;
}

static int
capture(struct migration *m, struct err *e)
{
	if (capture_run(m->db, &m->plan, m->cfg, &m->undo, &m->triggers,
	    e) != 0 || outlast_run(m, e) != 0)
		return -1;
	return registry_note_triggers(&m->registry, m->db, &m->triggers, e);
}

int
migrate_copy(struct migration *m, struct err *e)
{
	const struct query_beat beat = { watch_tables, m };
	const struct walk_watch w = watch_walk(m, watch_tables);
	const struct copy copy = { &m->plan, m->cfg, &m->registry, &w,
	    &m->activity };

	if (watch_state(m, STATE_COPYING, e) != 0 ||
	    watch_persist(m, unchanged_note, e) != 0)
		return -1;
	if (m->plan.autoinc_lock)
		activity_begin(&m->activity, &m->names.old, m->db);
	if (m->plan.in_order) {
		if (catch_up_begin(m, e) != 0 || catch_up_run(m, e) != 0)
			return -1;
	} else if (copy_run(&copy, &m->copied, e) != 0)
		return -1;
	log_info("copied %llu rows in %.1f s", m->copied.walk.rows,
	    m->copied.walk.seconds);
	filtering_tell_copied(m);
	if (sweep_run(&m->plan, m->cfg, &beat, e) != 0)
		return -1;
	return watch_tables(m, e);
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
	if (rc == 0 && m->swap == SWAP_DONE)
		rc = fkey_names_look(m->db, &m->plan, &m->alter, e);
	if (m->swap == SWAP_DONE && (!m->cfg->drop_old_table ||
	    migration_left_behind(m)))
		undo_forget(&m->undo, UNDO_ATTIC);
	return rc;
}

static const struct story_step story[] = {
	{ "connect", migration_connect, story_always, ERR_CONNECT, "connect" },
	{ "inspect the table", inspect, story_always, ERR_SQL, "inspect" },
	{ "check that this is safe", migrate_check, story_always, ERR_SQL,
	    "check" },
	{ "create the new table", create, story_plans, ERR_CREATE, "create" },
	{ "alter the new table", alter, story_plans, ERR_ALTER, "alter" },
	{ "plan", migrate_plan, story_plans, ERR_SQL, "plan" },
	{ "create the triggers", capture, story_acts, ERR_TRIGGERS,
	    "capture" },
	{ "copy the rows", migrate_copy, story_acts, ERR_SQL, "copy" },
	{ "build the indexes", indexing_run, story_acts, ERR_SQL, "index" },
	{ "compare the two tables", compare_run, story_acts, ERR_SQL,
	    "verify" },
	{ "swap the tables", migrate_swap, story_acts, ERR_SWAP, "swap" },
	{ "prove the swap", prove_run, story_swaps, ERR_LEFT, "prove" },
	{ "drop the triggers", undoing_release, story_swaps, ERR_LEFT,
	    "release" },
	{ "drop the old table", undoing_drop, story_ends, ERR_LEFT, "drop" },
};

enum err_kind
migrate_run(struct config *cfg)
{
	return story_tell(story, sizeof(story) / sizeof(story[0]), cfg);
}

/* The steps before anything is made. */
enum err_kind
migrate_try(struct config *cfg, struct err *e)
{
	return story_try(story, 3, cfg, e);
}
