#include "commands/resume.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/text_list.h"
#include "base/util.h"
#include "cli/command.h"
#include "cli/configure.h"
#include "commands/migrate.h"
#include "model/as_was.h"
#include "model/fingerprint.h"
#include "model/hint.h"
#include "steps/capture.h"
#include "steps/foreign_keys.h"
#include "steps/heartbeat.h"
#include "story/compare.h"
#include "story/indexing.h"
#include "story/migration.h"
#include "story/missed.h"
#include "story/prove.h"
#include "story/recall.h"
#include "story/settling.h"
#include "story/story.h"
#include "story/undoing.h"

/*
 * Going on after the last chunk that was committed.
 *
 * The mark in the registry and the rows before it are of the same
 * transactions, so the two agree, whatever crashed: with
 * innodb_flush_log_at_trx_commit other than 1 the server may have lost the
 * last seconds, but then of both.  What the application wrote since then came
 * by the triggers, which are part of the tables and do not need us.  So what
 * is left to be seen is that neither was changed.  And before the
 * swap all rows are compared in any case.
 */

/* What can be done about one that cannot be resumed. */
static int
hint_cleanup(const struct migration *m, struct err *e)
{
	return command_hint(e, m->cfg, "to remove it, and then start again",
	    "cleanup", COMMAND_END);
}

static int
none_known(const struct migration *m, struct err *e)
{
	err_set(e, ERR_REFUSED, "no migration of %s is known",
	    m->names.old.sql);
	return command_hint_status(e, m->cfg, "to list those that are");
}

/* Is it the one that is asked for, and has it come far enough? */
static int
check_state(const struct migration *m, struct err *e)
{
	const char *id = m->cfg->resume;

	if (id != NULL && strcmp(id, m->was.field[REGISTRY_ID]) != 0)
		return err_set(e, ERR_REFUSED, "the migration of %s has the "
		    "ID %s, not %s", m->names.old.sql,
		    m->was.field[REGISTRY_ID], id);
	if (strcmp(m->cfg->alter, m->was.field[REGISTRY_ALTER]) != 0) {
		err_set(e, ERR_REFUSED, "the migration of %s that died has "
		    "another ALTER: %.500s", m->names.old.sql,
		    m->was.field[REGISTRY_ALTER]);
		return command_hint(e, m->cfg, "to resume that one", "resume",
		    COMMAND_END);
	}
	if (m->reverting) {
		err_set(e, ERR_REFUSED, "the migration of %s has succeeded",
		    m->names.old.sql);
		return command_hint(e, m->cfg, "to swap the tables back",
		    "revert", "to drop the old table", "cleanup", COMMAND_END);
	}
	if (m->swap == SWAP_DONE)
		return 0;
	if (recall_check_vouched(m, e) != 0)
		return -1;
	if (m->was.field[REGISTRY_TRIGGERS_MADE][0] == '\0') {
		err_set(e, ERR_REFUSED, "the migration of %s died before its "
		    "triggers were there; there is nothing to resume",
		    m->names.old.sql);
		return hint_cleanup(m, e);
	}
	if (!registry_row_is_resumable(&m->was)) {
		err_set(e, ERR_REFUSED, "the migration of %s is %s, and "
		    "cannot be resumed", m->names.old.sql,
		    m->was.field[REGISTRY_STATE]);
		return hint_cleanup(m, e);
	}
	return 0;
}

/* Is the text what it was?  Frees it. */
static int
same(const struct migration *m, enum registry_field f, struct str *text,
    struct err *e, const char *what, const char *which)
{
	struct str why = STR_INIT;
	int rc = 0;

	if (!fingerprint_same(m->was.field[f], text->s, &why)) {
		rc = err_set(e, ERR_REFUSED, "%s %s is not what it was when "
		    "the migration began: %.1000s", what, which, why.s);
		hint_cleanup(m, e);
	}
	str_free(&why);
	str_free(text);
	return rc;
}

static int
same_old(const struct migration *m, struct err *e)
{
	const struct table *t = m->old;
	struct str text = STR_INIT;

	as_was_text(&text, t, &t->fkey, &m->names.old);
	return same(m, REGISTRY_OLD_PRINT, &text, e, "table", t->name.sql);
}

/*
 * The new table may be without the indexes that come after the copy, or be
 * about to be noted with them.
 */
static int
same_new(struct migration *m, const struct table *new, struct err *e)
{
	struct str text = STR_INIT, why = STR_INIT;
	struct table *full = NULL;
	int rc = indexing_remembered(m, &full, e);

	if (rc != 0)
		return -1;
	table_definition(&text, new);
	if (full != NULL && !fingerprint_same(m->was.field[REGISTRY_NEW_PRINT],
	    text.s, &why)) {
		str_reset(&text);
		deferral_definition(&text, new, full);
	}
	str_free(&why);
	table_free(full);
	return same(m, REGISTRY_NEW_PRINT, &text, e, "table", new->name.sql);
}

/* Before the plan is made: it would only stumble over what was changed. */
static int
same_tables(struct migration *m, struct err *e)
{
	struct table *new = NULL;
	int rc, keys;

	if (same_old(m, e) != 0)
		return -1;
	/* They come again just before the swap, if it died there. */
	keys = foreign_keys_has(m->db, &m->names.shadow, &m->added, e);
	if (keys < 0 || (keys && !m->cfg->dry_run && foreign_keys_remove(m->db,
	    &m->names.shadow, &m->added, m->cfg, e) != 0))
		return -1;
	rc = table_load(&new, m->db, &m->names.shadow, e);
	if (rc != 0)
		hint_cleanup(m, e);
	else if (!keys || !m->cfg->dry_run)
		rc = same_new(m, new, e);
	table_free(new);
	return rc;
}

/* It died in the cut-over: back to before that. */
static int
settle(struct migration *m, struct err *e)
{
	int rc = settling_is_due(m, e);

	return rc <= 0 ? rc : recall_adopt(m, e) != 0 ||
	    settling_run(m, e) != 0 ? -1 : 0;
}

/*
 * The keys come from a table that whoever writes the schema can write.  They
 * are the new table's; and one to another schema, which would tell what is
 * there and hold it, has to be said by whoever resumes.
 */
static int
check_added(const struct migration *m, struct err *e)
{
	bool said = configure_given(m->cfg, offsetof(struct config, alter));
	const struct fkey *k;
	size_t i;

	for (i = 0; i < m->added.n; i++) {
		k = &m->added.key[i];
		if (!same_text(k->child.sql, m->names.shadow.sql))
			return err_set(e, ERR_REFUSED, "the registry has a "
			    "foreign key of %s, which is not the new table",
			    k->child.sql);
		if (!said && !same_text(k->parent.db.raw,
		    m->names.old.db.raw))
			return err_set(e, ERR_REFUSED, "the registry has a "
			    "foreign key to %s, in another schema; to allow "
			    "it, give the --alter again", k->parent.sql);
	}
	return 0;
}

/*
 * Find the one that died, and see that the tables are what they were.
 * ERR_REFUSED when there is none, or it died too early or while it was taken
 * away, or a table is another.  One that was swapped is made ready to be
 * finished.
 */
static int
find(struct migration *m, struct err *e)
{
	int rc = recall_find(m, m->recalled, e);

	if (rc == 0)
		return none_known(m, e);
	if (rc < 0 || check_state(m, e) != 0)
		return -1;
	if (fkey_recall(&m->added, m->was.field[REGISTRY_ADDED_KEYS], e) != 0 ||
	    check_added(m, e) != 0)
		return hint_cleanup(m, e);
	m->resumed = true;
	log_info("it was %s, and had copied %s rows",
	    m->was.field[REGISTRY_STATE], m->was.field[REGISTRY_ROWS]);
	if (m->swap != SWAP_DONE && !m->cfg->dry_run && settle(m, e) != 0)
		return -1;
	if (m->swap != SWAP_DONE)
		return migration_read(m, e) != 0 ? -1 : same_tables(m, e);
	log_info("the tables were swapped; only what follows the swap is left "
	    "to do");
	return m->cfg->dry_run ? 0 : settling_prepare(m, e);
}

static int
same_plan(const struct migration *m, struct err *e)
{
	struct str text = STR_INIT;

	plan_essence(&text, &m->plan);
	return same(m, REGISTRY_PLAN_PRINT, &text, e,
	    "the plan, with its options, of livealter",
	    m->was.field[REGISTRY_TOOL]);
}

/* Replication ended where they were made or dropped. */
static int
explain_gone(const struct migration *m, struct err *e)
{
	struct err why = *e;

	if (e->kind != ERR_SQL || db_class(e->sqlno) != DB_DONE)
		return -1;
	err_set(e, ERR_REFUSED, "not all triggers of the migration are there, "
	    "so the new table may lack what was written since: %s", why.text);
	return hint_cleanup(m, e);
}

/*
 * Our triggers are known by when they were made.  On another server they were
 * made by replication, and what counts is that they say the same.
 */
static int
same_triggers(struct migration *m, struct err *e)
{
	const char *list = m->was.field[REGISTRY_TRIGGERS_MADE];
	size_t i;

	if (heartbeat_is_foreign(&m->was, &m->server)) {
		log_info("this server takes the place of %s",
		    m->was.field[REGISTRY_SERVER]);
		if (trigger_set_recognize(&m->triggers, m->db, e) != 0)
			return explain_gone(m, e);
	} else {
		for (i = 0; i < m->triggers.n; i++) {
			free(m->triggers.created[i]);
			m->triggers.created[i] = text_list_next(&list);
		}
	}
	if (missed_mend(m, e) != 0)
		return -1;
	if (capture_intact(m->db, &m->plan, &m->triggers, e) == 0)
		return 0;
	return hint_cleanup(m, e);
}

/* It must be a place in the order of the key. */
static int
read_mark(struct migration *m, struct err *e)
{
	const struct bound *mark = &m->registry.mark;
	int rc = registry_read_mark(&m->registry, &m->was, e);

	if (rc == 0 && mark->n != 0 && mark->n != m->plan.walk->n)
		rc = err_set(e, ERR_REFUSED, "the registry's low-water mark "
		    "has %zu parts, and the key %s has %zu", mark->n,
		    m->plan.walk->name.sql, m->plan.walk->n);
	return rc != 0 ? hint_cleanup(m, e) : 0;
}

/*
 * See that what becomes of the rows, and the triggers are what they were, or
 * say what is not (ERR_REFUSED, ERR_TRIGGERS, ERR_REJECTED); then make it
 * ours.
 */
static int
join(struct migration *m, struct err *e)
{
	if (read_mark(m, e) != 0 || same_plan(m, e) != 0 ||
	    same_triggers(m, e) != 0)
		return -1;
	if (m->cfg->dry_run) {
		log_info("it can be resumed");
		return 0;
	}
	if (recall_adopt(m, e) != 0 || recall_ledger(m, e) != 0)
		return -1;
	return registry_note_triggers(&m->registry, m->db, &m->triggers, e);
}

static const struct story_step story[] = {
	{ "connect", migration_connect, story_always, ERR_CONNECT, "connect" },
	{ "find what has died", find, story_always, ERR_SQL, "find" },
	{ "check that this is safe", migrate_check, story_always, ERR_SQL,
	    "check" },
	{ "plan", migrate_plan, story_always, ERR_SQL, "plan" },
	{ "take up what is there", join, story_always, ERR_SQL, "join" },
	{ "copy the rows", migrate_copy, story_acts, ERR_SQL, "copy" },
	{ "build the indexes", indexing_run, story_acts, ERR_SQL, "index" },
	{ "compare the two tables", compare_run, story_acts, ERR_SQL,
	    "verify" },
	{ "swap the tables", migrate_swap, story_acts, ERR_SWAP, "swap" },
	{ "prove the swap", prove_run, story_ends, ERR_LEFT, "prove" },
	{ "drop the triggers", undoing_release, story_ends, ERR_LEFT,
	    "release" },
	{ "drop the old table", undoing_drop, story_ends, ERR_LEFT, "drop" },
};

enum err_kind
resume_run(struct config *cfg)
{
	return story_tell(story, sizeof(story) / sizeof(story[0]), cfg);
}
