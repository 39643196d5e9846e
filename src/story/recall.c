#include "story/recall.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/event.h"
#include "base/log.h"
#include "base/stop.h"
#include "base/util.h"
#include "cli/command.h"
#include "cli/configure.h"
#include "cli/kept.h"
#include "server/peer.h"
#include "server/rows.h"
#include "steps/advisory_lock.h"
#include "steps/check_server.h"
#include "steps/heartbeat.h"
#include "steps/privileges.h"
#include "steps/registry_swapped.h"
#include "steps/shadow.h"
#include "steps/trust.h"
#include "story/prove.h"

static int
name_it(const struct migration *m, struct qname *q, enum registry_field f,
    struct err *e)
{
	return qname_set(q, m->names.old.db.raw, m->was.field[f], e);
}

static int
set_names(struct migration *m, struct err *e)
{
	const struct config *cfg = m->cfg;
	const char *strange;

	if (name_it(m, &m->names.old, REGISTRY_TABLE, e) != 0)
		return -1;
	names_derive(&m->names);
	if (cfg->new_table_name != NULL &&
	    shadow_given_name(&m->names, m->db, cfg, e) != 0)
		return -1;
	strange = registry_row_strange_name(&m->was, &m->names);
	if (strange != NULL) {
		err_set(e, ERR_REFUSED, "the registry has a name that "
		    "livealter does not derive from %s: %s", m->names.old.sql,
		    strange);
		return err_hint(e, "if the migration had --new-table-name, "
		    "give it again; if not, someone has changed the registry");
	}
	if (name_it(m, &m->names.shadow, REGISTRY_SHADOW, e) != 0 ||
	    name_it(m, &m->names.attic, REGISTRY_ATTIC, e) != 0 ||
	    name_it(m, &m->names.rejects, REGISTRY_REJECTS, e) != 0 ||
	    (m->was.field[REGISTRY_BACK_REJECTS][0] != '\0' &&
	    name_it(m, &m->names.back_rejects, REGISTRY_BACK_REJECTS, e) != 0))
		return -1;
	if (m->reverting)
		names_reverse(&m->names);
	m->plan.names = m->names;
	m->plan.complete = m->reverting;
	return 0;
}

static int
see_that_it_is_dead(struct migration *m, struct err *e)
{
	int rc = heartbeat_beats(m->db, &m->names.old, &m->was, e);

	if (rc != 1)
		return rc;
	err_set(e, ERR_BUSY, "livealter is at work on %s (%s, on server %s)",
	    m->names.old.sql, m->was.field[REGISTRY_CLIENT],
	    m->was.field[REGISTRY_SERVER]);
	return err_hint(e, "its heartbeat arrives here by replication; when "
	    "it has died, try again");
}

#define LAST_WORDS	10.0	/* seconds for a dead program's statement */

/*
 * The ALTER goes over a connection that does not hold the lock, and may still
 * be at work, on the new table or, with --instant, on the user's.  In the
 * midst of it MariaDB shows no table of that name.
 */
static int
wait_for_alter(struct migration *m, struct err *e)
{
	double began = now_s();
	bool runs = false, runs_old = false;
	int rc;

	do
		rc = peer_runs(m->db, "ALTER TABLE", m->names.shadow.sql,
		    &runs, e) != 0 || peer_runs(m->db, "ALTER TABLE",
		    m->names.old.sql, &runs_old, e) != 0 ? -1 : 0;
	while (rc == 0 && (runs || runs_old) &&
	    now_s() - began < LAST_WORDS && !stop_sleep(0.05));
	return rc;
}

/*
 * What is not taken from the registry is missed by a run that resumes; to take
 * away what was made, nothing of it is needed.
 */
static int
read_options(const struct migration *m, struct config *cfg, struct err *e)
{
	struct str unsaid = STR_INIT;
	int rc = kept_read(cfg, m->was.field[REGISTRY_OPTIONS], m->reverting,
	    &unsaid, e);

	if (rc == 0 && unsaid.len > 0 && cfg->command != COMMAND_CLEANUP) {
		rc = err_set(e, ERR_REFUSED, "the migration of %s had options "
		    "that are not taken from the registry, which others can "
		    "write: %s", m->names.old.sql, unsaid.s);
		err_hint(e, "give them again, with the value that they are to "
		    "have now");
	}
	str_free(&unsaid);
	return rc;
}

/* Do its notes say that the tables are those of a migration? */
static int
see_what_is_vouched_for(struct migration *m, struct err *e)
{
	const struct names *n = &m->names;
	int rc = trust_vouched(m->db, &n->rejects, &n->shadow, e);

	if (rc == 1)
		rc = trust_vouched(m->db, &n->rejects, &n->attic, e);
	m->vouched = rc == 1;
	return rc < 0 ? -1 : 0;
}

/* From its row, with the names set: what can be known without asking it. */
static int
see_what_it_is(struct migration *m, struct config *cfg, struct err *e)
{
	int rc;

	if (read_options(m, cfg, e) != 0 || see_what_is_vouched_for(m, e) != 0)
		return -1;
	rc = registry_swapped(m->db, &m->names.old, &m->was, e);
	m->swap = rc == 1 ? SWAP_DONE : SWAP_NOT_YET;
	return rc < 0 ? -1 : 0;
}

int
recall_look(struct migration *m, struct config *cfg, struct err *e)
{
	m->reverting = registry_row_is_done(&m->was);
	return qname_set(&m->names.old, cfg->database, cfg->table, e) != 0 ||
	    set_names(m, e) != 0 || see_what_it_is(m, cfg, e) != 0 ? -1 : 0;
}

int
recall_find(struct migration *m, struct config *cfg, struct err *e)
{
	int rc;

	/* The lock first: no other session decides that it is dead. */
	if (qname_set(&m->names.old, cfg->database, cfg->table, e) != 0 ||
	    advisory_lock_take(m->db, &m->names.old, e) != 0)
		return -1;
	m->claimed_by = db_id(m->db);
	registry_locate(&m->registry, &m->names.old);
	rc = registry_find(&m->was, m->db, &m->names.old, e);
	if (rc < 0)
		return privileges_blame(m->db, &m->names.old, PRIVILEGES_CLEAN,
		    e);
	if (rc != 1)
		return rc;
	if (privileges_check(m->db, &m->names.old, PRIVILEGES_CLEAN, e) != 0)
		return -1;
	m->reverting = registry_row_is_done(&m->was);
	/* What a replica's heartbeat says depends on how far behind it is. */
	if ((!cfg->dry_run && check_server_writes(m->db, cfg, e) != 0) ||
	    see_that_it_is_dead(m, e) != 0 || set_names(m, e) != 0 ||
	    wait_for_alter(m, e) != 0 || see_what_it_is(m, cfg, e) != 0)
		return -1;
	if (prove_is_missing(m) && !(cfg->drop_old_table && configure_given(cfg,
	    offsetof(struct config, drop_old_table))))
		m->unproven = ERR_UNPROVEN;
	return 1;
}

/* Who can write rows of the registry only is not to have tables dropped. */
static int
push_table(struct migration *m, enum undo_what what, const struct qname *name,
    bool vouched, struct err *e)
{
	int there = table_exists(m->db, name, e);

	if (there == 1 && vouched)
		undo_push(&m->undo, what, "DROP TABLE IF EXISTS %s",
		    name->sql);
	else if (there == 1)
		log_warn("table %s is left alone: only the registry, which "
		    "others can write, says that it belongs to livealter, and "
		    "not the comment of %s", name->sql, m->names.rejects.sql);
	return there < 0 ? -1 : 0;
}

static int
push_rejects(struct migration *m, enum undo_what what,
    const struct qname *rejects, struct err *e)
{
	int vouched = trust_vouched(m->db, rejects, &m->names.attic, e);

	return vouched < 0 ? -1 : push_table(m, what, rejects, vouched == 1, e);
}

bool
recall_was_trying(const struct migration *m)
{
	return m->reverting ?
	    registry_row_state(&m->was) == STATE_REVERTING :
	    m->was.field[REGISTRY_TRIGGERS_MADE][0] == '\0';
}

static int
push_trial(struct migration *m, struct err *e)
{
	struct qname trial;

	names_trial(&trial, &m->names);
	return recall_was_trying(m) || (!m->reverting && m->swap !=
	    SWAP_DONE) ? push_table(m, UNDO_TRY, &trial, m->vouched, e) : 0;
}

/*
 * information_schema has no trigger for an account without the privilege
 * TRIGGER, and the table that one writes to is not to go before it.
 */
static int
is_really_gone(struct migration *m, const struct qname *name, struct err *e)
{
	struct rows r = ROWS_INIT;
	int rc = db_rows(m->db, &r, "???????", e, "SHOW CREATE TRIGGER %s",
	    name->sql);

	rows_free(&r);
	if (rc == 0 || (e->kind == ERR_SQL && db_class(e->sqlno) == DB_DONE)) {
		e->kind = ERR_NONE;
		return 0;
	}
	if (e->kind != ERR_SQL || db_class(e->sqlno) != DB_DENIED)
		return -1;
	e->kind = ERR_NEEDS;
	return err_hint(e, "GRANT TRIGGER ON %s TO %s", m->names.old.sql,
	    m->server.user);
}

/* A trigger of that name on another table is somebody else's. */
static int
push_trigger(struct migration *m, const struct qname *name, struct err *e)
{
	const struct qname *table = m->swap == SWAP_DONE ? &m->names.attic :
	    &m->names.old;
	struct str schema = STR_INIT, trigger = STR_INIT;
	char *on = NULL;
	int rc;

	db_literal(&schema, m->db, table->db.raw);
	db_literal(&trigger, m->db, name->table.raw);
	rc = db_value(m->db, &on, e, "SELECT EVENT_OBJECT_TABLE FROM "
	    "information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = %s AND "
	    "TRIGGER_NAME = %s", schema.s, trigger.s);
	if (on != NULL && strcmp(on, table->table.raw) == 0)
		undo_push(&m->undo, UNDO_TRIGGER, "DROP TRIGGER IF EXISTS %s",
		    name->sql);
	else if (on != NULL)
		log_warn("trigger %s is on table %s and is left alone",
		    name->sql,
		    on);
	else if (rc == 0)
		rc = is_really_gone(m, name, e);
	free(on);
	str_free(&schema);
	str_free(&trigger);
	return rc;
}

static int
push_triggers(struct migration *m, struct err *e)
{
	struct qname name;
	int i, rc = 0;

	for (i = 0; i < NAMES_TRIGGERS && rc == 0; i++) {
		names_trigger(&name, &m->names.old, i, m->reverting);
		rc = push_trigger(m, &name, e);
	}
	return rc;
}

/* As --alter-foreign-keys-method=none leaves it: 1, 0, or -1 with *e. */
static int
is_referenced(struct migration *m, const struct qname *table, struct err *e)
{
	struct fkeys children = FKEYS_INIT;
	struct qname trial;
	int rc;

	names_trial(&trial, &m->names);
	rc = fkey_children(&children, m->db, table, recall_was_trying(m) ?
	    &trial : NULL, false, e);
	rc = rc != 0 ? -1 : children.n > 0;
	fkey_free(&children);
	if (rc == 1)
		log_info("the %s table stays as %s: foreign keys of other "
		    "tables reference it", m->swap == SWAP_DONE ?
		    plan_here(&m->plan) : plan_there(&m->plan), table->sql);
	return rc;
}

/*
 * The table that is not the user's, if it is to go.  Before the RENAME of the
 * revert that is the old one, after it the new one; only one that a
 * migration which failed was still making goes in any case.
 */
static int
push_other(struct migration *m, struct err *e)
{
	const struct qname *table = m->swap == SWAP_DONE ? &m->names.attic :
	    &m->names.shadow;
	int rc;

	if (m->swap == SWAP_DONE || m->reverting) {
		if (!m->cfg->drop_old_table || m->unproven != ERR_NONE)
			return 0;
		rc = is_referenced(m, table, e);
		if (rc != 0)
			return rc < 0 ? -1 : 0;
	}
	return push_table(m, m->swap == SWAP_DONE ? UNDO_ATTIC : UNDO_SHADOW,
	    table, m->vouched, e);
}

/* The row's end: it goes, or says what can be done from now on. */
static void
push_registry_row(struct migration *m)
{
	if (m->swap == SWAP_DONE && m->cfg->reverse)
		undo_push(&m->undo, UNDO_RECORD, "UPDATE %s SET state = "
		    "'%s' WHERE id = %s", m->registry.name.sql,
		    registry_row_state_word(STATE_REVERTIBLE),
		    m->was.field[REGISTRY_ID]);
	else
		undo_push(&m->undo, UNDO_RECORD, "DELETE FROM %s WHERE id = "
		    "%s", m->registry.name.sql, m->was.field[REGISTRY_ID]);
}

/* In the order in which they were made: it is run from the end. */
int
recall_ledger(struct migration *m, struct err *e)
{
	bool forth = !m->reverting && m->swap != SWAP_DONE &&
	    m->was.field[REGISTRY_BACK_REJECTS][0] != '\0';

	push_registry_row(m);
	if (push_rejects(m, UNDO_REJECTS, &m->names.rejects, e) == 0 &&
	    push_other(m, e) == 0 &&
	    (!forth ||
	    push_rejects(m, UNDO_BACK, &m->names.back_rejects, e) == 0) &&
	    push_trial(m, e) == 0 && push_triggers(m, e) == 0)
		return 0;
	/* Half of it would drop a table that triggers write to. */
	undo_forget(&m->undo, UNDO_ANY);
	return -1;
}

int
recall_check_vouched(const struct migration *m, struct err *e)
{
	if (m->vouched)
		return 0;
	err_set(e, ERR_REFUSED, "only the registry, which others can write, "
	    "says that there is a migration of %s: there is no table %s whose "
	    "comment vouches for it", m->names.old.sql, m->names.rejects.sql);
	return command_hint(e, m->cfg, "to remove its triggers and its "
	    "registry row, but no table", "cleanup", COMMAND_END);
}

int
recall_adopt(struct migration *m, struct err *e)
{
	return registry_adopt(&m->registry, m->db, &m->names.old, &m->was, e);
}

static int
refuse_open(struct migration *m, const struct registry_row *r, struct err *e)
{
	err_set(e, ERR_REFUSED, "%s can still be reverted to what it was "
	    "before: %.500s", m->names.old.sql, r->field[REGISTRY_ALTER]);
	return command_hint(e, m->cfg, "to end that and drop the old table",
	    "cleanup", "to swap the tables back", "revert", COMMAND_END);
}

/* One that died: before its triggers were there, or while it was undone, only
 * cleanup can do anything about it. */
static int
refuse_unfinished(struct migration *m, const struct registry_row *r,
    struct err *e)
{
	struct str made = STR_INIT;
	int swapped = registry_swapped(m->db, &m->names.old, r, e);

	if (swapped < 0)
		return -1;
	registry_row_made(&made, r, &m->names.old);
	err_set(e, ERR_REFUSED, "a migration of %s that began at %s UTC is "
	    "not finished (%s); it made %s", m->names.old.sql,
	    r->field[REGISTRY_BEGAN], r->field[REGISTRY_STATE], made.s);
	str_free(&made);
	if (swapped || !registry_row_is_resumable(r))
		return command_hint(e, m->cfg, swapped ? "to complete it" :
		    "to remove it", "cleanup", COMMAND_END);
	return command_hint(e, m->cfg, "to resume it", "resume",
	    "to remove it", "cleanup", COMMAND_END);
}

/* What is there already is to be dealt with first. */
int
recall_refuse(struct migration *m, struct err *e)
{
	struct registry_row r;
	int rc = registry_find(&r, m->db, &m->names.old, e);

	if (rc == 1)
		rc = registry_row_is_done(&r) ? refuse_open(m, &r, e) :
		    refuse_unfinished(m, &r, e);
	registry_row_free(&r);
	return rc;
}

/* Before anything is made: what would be needed to take it away. */
int
recall_enter(struct migration *m, struct err *e)
{
	struct str options = STR_INIT;
	struct registry_entry entry = { &m->names, m->old, m->cfg->alter,
	    NULL };
	int rc;

	kept_write(&options, m->cfg);
	entry.options = options.s;
	rc = registry_begin(&m->registry, m->db, &entry, e);
	str_free(&options);
	if (m->registry.id != 0)
		undo_push(&m->undo, UNDO_RECORD, "DELETE FROM %s WHERE id = "
		    "%llu", m->registry.name.sql, m->registry.id);
	return rc;
}

/*
 * Our lock went with the connection, if that broke.  Meanwhile somebody may
 * have resumed this migration, or taken it away and begun another: then
 * nothing of what is there is ours any more.  The lock itself may still be
 * held by the connection that we have lost; so the registry is what tells.
 */
int
recall_still_ours(struct migration *m, struct err *e)
{
	int tries, ours = 1;

	for (tries = 0; advisory_lock_keep(m->db, &m->names.old, e) < 0;
	    tries++)
		if (e->kind != ERR_BUSY || tries >= 10 || stop_sleep(0.2))
			break;
	if (m->registry.id != 0)
		ours = registry_ours(&m->registry, m->db, e);
	if (ours < 0 && db_id(m->db) == m->claimed_by &&
	    e->kind != ERR_LOST) {
		/* No other session can have had the lock. */
		log_warn("%s", e->text);
		e->kind = ERR_NONE;
		return 1;
	}
	/* The row was never made, or is taken back: the table may be left. */
	if (ours == 0 && undo_owes_only(&m->undo, UNDO_RECORD))
		return 1;
	if (ours == 0)
		log_warn("this migration was taken over by another livealter; "
		    "what is on the server is left alone");
	return ours;
}
