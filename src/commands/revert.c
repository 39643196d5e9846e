#include "commands/revert.h"

#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "base/log.h"
#include "base/str.h"
#include "base/util.h"
#include "cli/command.h"
#include "commands/migrate.h"
#include "model/apart.h"
#include "model/planner.h"
#include "model/reverse.h"
#include "steps/capture.h"
#include "steps/foreign_keys.h"
#include "steps/mdl.h"
#include "steps/shadow.h"
#include "steps/trust.h"
#include "story/as_before.h"
#include "story/compare.h"
#include "story/migration.h"
#include "story/missed.h"
#include "story/prove.h"
#include "story/recall.h"
#include "story/settling.h"
#include "story/story.h"
#include "story/undoing.h"

static int
is_there(struct migration *m, const struct qname *table, struct err *e)
{
	int there = table_exists(m->db, table, e);

	if (there != 0)
		return there < 0 ? -1 : 0;
	err_set(e, ERR_REFUSED, "there is nothing to revert: no table %s",
	    table->sql);
	return err_hint(e, "only a migration with --reversible or "
	    "--reverse-triggers can be reverted, until cleanup ends its "
	    "window");
}

/* The ALTER's text does not tell all of them that it adds; without a registry
 * there is nothing better. */
static size_t
added_by_text(struct migration *m)
{
	const struct alter_item *it;
	size_t i, n = 0;

	for (i = 0; i < m->alter.n; i++) {
		it = &m->alter.item[i];
		if (it->what != ALTER_ADD_FKEY)
			continue;
		n++;
		if (same_text(it->parent.raw, m->names.old.table.raw))
			m->adds_itself = true;
	}
	return n;
}

/*
 * How many foreign keys the ALTER has added, and whether they are to the table
 * itself, which would look like those of model/apart.h: both at once are
 * refused (model/reverse.h).
 */
static int
count_added(struct migration *m, size_t *n, struct err *e)
{
	struct fkeys f = FKEYS_INIT;
	int rc = 0;

	if (m->was.field[REGISTRY_ID] == NULL) {
		*n = added_by_text(m);
		return 0;
	}
	rc = fkey_recall(&f, m->was.field[REGISTRY_ADDED_KEYS], e);
	*n = f.n;
	while (f.n > 0) {
		if (strcmp(f.key[0].parent.sql, m->names.old.sql) == 0)
			m->adds_itself = true;
		fkey_remove(&f, 0);
	}
	fkey_free(&f);
	return rc;
}

/*
 * The old table's foreign keys are those of the new one that the ALTER has not
 * added, without those that it gets at the end (model/apart.h); or else
 * somebody has dropped one since, or added.
 */
static int
check_keys(struct migration *m, struct err *e)
{
	const struct fkeys *here = &m->old->fkey, *there = &m->new->fkey;
	size_t i, apart = 0, added;

	if (count_added(m, &added, e) != 0)
		return -1;
	for (i = 0; i < here->n && !m->adds_itself &&
	    apart_is(&m->server, m->old, m->new); i++)
		apart += fkey_is_self(&here->key[i]);
	for (i = 0; i < there->n; i++)
		if (fkey_original(here, &there->key[i]) == NULL)
			break;
	if (i == there->n && here->n <= there->n + apart + added)
		return 0;
	err_set(e, ERR_REFUSED, "the foreign keys of %s are not those that it "
	    "had after the swap", m->names.old.sql);
	return err_hint(e, "%s must have them all, and no other ones",
	    m->names.old.sql);
}

/* Can that migration be reverted, and is it the one that is meant? */
static int
check_registry_row(const struct migration *m, struct err *e)
{
	const char *alter = m->was.field[REGISTRY_ALTER];

	if (!m->reverting || registry_row_state(&m->was) == STATE_ENDING) {
		err_set(e, ERR_REFUSED, "the migration of %s is not one that "
		    "can be reverted now, but %s", m->names.old.sql,
		    m->was.field[REGISTRY_STATE]);
		return command_hint(e, m->cfg, "to see what can be done",
		    "status", COMMAND_END);
	}
	if (strcmp(m->cfg->alter, alter) == 0)
		return 0;
	err_set(e, ERR_REFUSED, "what can be reverted on %s is another "
	    "ALTER: %.500s", m->names.old.sql, alter);
	return command_hint(e, m->cfg, "to revert that", "revert",
	    COMMAND_END);
}

/* The registry has what the revert is called and was planned by. */
static int
from_registry_row(struct migration *m, struct err *e)
{
	int rc;

	if (check_registry_row(m, e) != 0 || recall_check_vouched(m, e) != 0)
		return -1;
	if (m->swap == SWAP_DONE) {
		log_info("the tables were swapped back; only what follows the "
		    "swap is left to do");
		return m->cfg->dry_run ? 0 : settling_prepare(m, e);
	}
	rc = m->cfg->dry_run ? 0 : settling_is_due(m, e);
	if (rc < 0 || (rc == 1 && (recall_adopt(m, e) != 0 ||
	    settling_run(m, e) != 0)))
		return -1;
	names_reverse(&m->names);
	return 0;
}

/* The tables' names, as they were on the way forth. */
static int
find_names(struct migration *m, struct err *e)
{
	int rc = recall_find(m, m->recalled, e);

	if (rc != 0)
		return rc < 0 ? -1 : from_registry_row(m, e);
	m->reverting = true;
	names_derive(&m->names);
	return 0;
}

static int
need_alter(const struct migration *m, struct err *e)
{
	if (m->cfg->alter != NULL)
		return 0;
	err_set(e, ERR_USAGE, "the registry does not know how %s was altered",
	    m->names.old.sql);
	return err_hint(e, "give --alter, --null-to-not-null and "
	    "--allow-warnings as the migration had them");
}

static int
inspect(struct migration *m, struct err *e)
{
	if (find_names(m, e) != 0)
		return -1;
	if (m->swap == SWAP_DONE)
		return 0;
	if (is_there(m, &m->names.attic, e) != 0 ||
	    is_there(m, &m->names.back_rejects, e) != 0 ||
	    need_alter(m, e) != 0 ||
	    shadow_free_name(&m->names.shadow, m->db, e) != 0 ||
	    migration_read(m, e) != 0 ||
	    table_load(&m->new, m->db, &m->names.attic, e) != 0)
		return -1;
	return check_keys(m, e);
}

/* The migration's plan as it was, and out of it the revert. */
static int
plan_again(struct migration *m, struct err *e)
{
	struct plan_options options = migration_options(m);
	const struct planner_input in = { &m->names, m->new, m->old, &m->alter,
	    &m->server, &options };

	/* That is the table's as it is now. */
	options.dependents = NULL;
	if (planner_make(&m->forth, &in, e) != 0 ||
	    planner_reverse(&m->forth, &m->alter, &options, e) != 0)
		return -1;
	m->plan = *m->forth.back;
	m->names = m->plan.names;
	free(m->forth.back);
	m->forth.back = NULL;
	return dependents_prepare(&m->dependents, m->db, &m->names,
	    m->server.mariadb, e) != 0 ||
	    planner_take(&m->plan, &m->dependents, &m->alter, e) != 0 ? -1 : 0;
}

/* What belongs to the table must be possible with the old one, too. */
static int
try_dependents(struct migration *m, struct err *e)
{
	struct err ignored = { .kind = ERR_NONE };

	if (m->cfg->dry_run || foreign_keys_try(m->db, &m->plan,
	    &m->alter, m->cfg, &m->undo, e) == 0)
		return 0;
	/* By the other state what is left of it is known to be ours. */
	if (!undo_owes(&m->undo, UNDO_TRY))
		registry_state(&m->registry, m->db, STATE_REVERTIBLE,
		    &ignored);
	return -1;
}

/* From the last time, when it died there; with keys to the old table. */
static int
end_trial(struct migration *m, struct err *e)
{
	struct str q = STR_INIT;
	struct qname trial;
	int rc;

	names_trial(&trial, &m->names);
	rc = table_exists(m->db, &trial, e);
	if (rc <= 0 || m->cfg->dry_run)
		return rc < 0 ? -1 : 0;
	str_addf(&q, "DROP TABLE IF EXISTS %s", trial.sql);
	rc = mdl_run(m->db, MDL_ONE(&m->names.shadow),
	    &m->cfg->tries_create_triggers, q.s, e);
	str_free(&q);
	return rc;
}

/* A table of that name is ours, or must not be there. */
static int
check_trial(struct migration *m, struct err *e)
{
	return m->was.field[REGISTRY_ID] != NULL && recall_was_trying(m) ?
	    end_trial(m, e) : shadow_check_trial(&m->names, m->db, e);
}

static int
check_loss(const struct migration *m, struct err *e)
{
	struct str names = STR_INIT;

	reverse_lost(&names, &m->plan);
	if (names.len > 0 && m->cfg->accept_loss) {
		log_info("the values of these columns are lost: %s", names.s);
	} else if (names.len > 0) {
		err_set(e, ERR_REFUSED, "the old table does not have these "
		    "columns, and their values would be lost: %s", names.s);
		err_hint(e, "--accept-loss allows that");
	}
	str_free(&names);
	return e->kind != ERR_NONE ? -1 : 0;
}

static int
check_rejects(const struct migration *m, struct err *e)
{
	if (capture_rejects(m->db, &m->plan, e) == 0)
		return 0;
	if (e->kind == ERR_REJECTED)
		err_hint(e, "change these rows so that the old table can hold "
		    "them, and then DELETE FROM %s; the comparison will tell "
		    "whether all is there", m->names.rejects.sql);
	return -1;
}

/*
 * The new table may get another name than it had, which was taken meanwhile:
 * the notes are to vouch for that, too.
 */
static int
vouch(struct migration *m, struct err *e)
{
	const struct names *n = &m->names;
	int rc = trust_vouched(m->db, &n->rejects, &n->attic, e);
	struct str comment = STR_INIT, q = STR_INIT;
	struct qname was;

	if (rc != 0)
		return rc < 0 ? -1 : 0;
	if (qname_set(&was, n->old.db.raw, m->was.field[REGISTRY_SHADOW], e) !=
	    0)
		return -1;
	names_comment(&comment, n);
	/* Until the registry has the new one. */
	str_addz(&comment, ", ");
	escape_line(&comment, was.table.sql);
	str_addf(&q, "ALTER TABLE %s COMMENT = ", n->rejects.sql);
	db_literal(&q, m->db, comment.s);
	rc = mdl_run(m->db, MDL_ONE(&n->rejects),
	    &m->cfg->tries_create_triggers, q.s, e);
	str_free(&comment);
	str_free(&q);
	return rc;
}

/* From here on it is seen to be at work, and where it may have come to. */
static int
tell_registry(struct migration *m, struct err *e)
{
	if (m->cfg->dry_run || m->was.field[REGISTRY_ID] == NULL)
		return 0;
	return recall_adopt(m, e) != 0 || vouch(m, e) != 0 ||
	    registry_note_revert(&m->registry, m->db, &m->names.attic,
	    e) != 0 ? -1 : 0;
}

/*
 * That the triggers are, byte for byte, those that this plan would make says
 * that it is the plan they were made by.
 */
static int
plan_back(struct migration *m, struct err *e)
{
	if (plan_again(m, e) != 0)
		return -1;
	capture_plan(&m->triggers, &m->plan);
	if (capture_recall(m->db, &m->plan, &m->triggers, e) != 0)
		return -1;
	if (m->cfg->dry_run)
		migration_tell_plan(m);
	if (as_before_check(m, e) != 0)
		return -1;
	/* From the state on the table to try things on is known to be ours. */
	return migration_tell_breakage(m, e) != 0 ||
	    (m->was.field[REGISTRY_ID] != NULL && missed_mend(m, e) != 0) ||
	    check_rejects(m, e) != 0 || check_loss(m, e) != 0 ||
	    check_trial(m, e) != 0 || tell_registry(m, e) != 0 ||
	    try_dependents(m, e) != 0 ? -1 : 0;
}

/*
 * What kept the old table in step is ours to take away only now; the row of
 * the registry goes last, so it comes before what the swap has noted.
 */
static void
owe_the_rest(struct migration *m)
{
	bool attic = undo_owes(&m->undo, UNDO_ATTIC);
	int ev;

	undo_forget_but(&m->undo, UNDO_FINISH);
	if (m->registry.id != 0)
		undo_push(&m->undo, UNDO_RECORD, "DELETE FROM %s WHERE id = "
		    "%llu", m->registry.name.sql, m->registry.id);
	undo_push(&m->undo, UNDO_REJECTS, "DROP TABLE IF EXISTS %s",
	    m->names.rejects.sql);
	if (attic)
		undo_push(&m->undo, UNDO_ATTIC, "DROP TABLE IF EXISTS %s",
		    m->names.attic.sql);
	for (ev = 0; ev < N_TRIGGERS; ev++)
		undo_push(&m->undo, UNDO_TRIGGER, "DROP TRIGGER IF EXISTS %s",
		    m->plan.trigger[ev].name.sql);
}

static int
swap_back(struct migration *m, struct err *e)
{
	int rc = migrate_swap(m, e);

	if (m->swap == SWAP_DONE)
		owe_the_rest(m);
	return rc != 0 ? rc : as_before_look(m, e);
}

static const struct story_step story[] = {
	{ "connect", migration_connect, story_always, ERR_CONNECT, "connect" },
	{ "find the migration", inspect, story_always, ERR_SQL, "look" },
	{ "check that this is safe", migrate_check, story_always, ERR_SQL,
	    "check" },
	{ "plan the revert", plan_back, story_always, ERR_SQL, "return" },
	{ "compare the two tables", compare_run, story_acts, ERR_SQL,
	    "verify" },
	{ "swap the tables back", swap_back, story_acts, ERR_SWAP, "revert" },
	{ "prove the swap", prove_run, story_ends, ERR_LEFT, "prove" },
	{ "drop the triggers", undoing_release, story_ends, ERR_LEFT,
	    "release" },
	{ "drop the old table", undoing_drop, story_ends, ERR_LEFT, "drop" },
};

enum err_kind
revert_run(struct config *cfg)
{
	return story_tell(story, sizeof(story) / sizeof(story[0]), cfg);
}
