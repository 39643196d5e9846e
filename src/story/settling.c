#include "story/settling.h"

#include <stdlib.h>
#include <string.h>

#include "base/event.h"
#include "base/log.h"
#include "base/print.h"
#include "base/text_list.h"
#include "base/util.h"
#include "cli/command.h"
#include "cli/configure.h"
#include "cutover/finish.h"
#include "model/encode.h"
#include "model/settle.h"
#include "model/settle_triggers.h"
#include "model/sql.h"
#include "model/standin.h"
#include "steps/capture.h"
#include "steps/mdl.h"
#include "story/recall.h"

/* Has a cut-over of several statements begun? */
static bool
is_unfinished(const struct migration *m)
{
	return m->vouched && m->was.field[REGISTRY_CUT_OVER][0] != '\0';
}

/* What is on the server of the two tables that change places. */
struct left {
	struct alter alter;
	struct fkeys here, there;
	struct dependents dependents_here, dependents_there;
};

static void
left_free(struct left *l)
{
	alter_free(&l->alter);
	fkey_free(&l->here);
	fkey_free(&l->there);
	dependents_free(&l->dependents_here);
	dependents_free(&l->dependents_there);
}

/* The ALTER says only what it renames and drops; one that cannot be read has
 * renamed nothing. */
static void
left_read_alter(struct left *l, const struct migration *m)
{
	struct err why = { .kind = ERR_NONE };
	const char *text = m->cfg->alter != NULL ? m->cfg->alter : "";

	if (alter_read(&l->alter, text, &m->server, &why) == 0)
		return;
	log_warn("the registry's ALTER cannot be read: %s", why.text);
	alter_free(&l->alter);
}

static int
left_load(struct left *l, const struct migration *m,
    const struct qname *there, struct err *e)
{
	const struct qname *here = &m->names.old;
	int rc = table_exists(m->db, there, e);

	memset(l, 0, sizeof(*l));
	left_read_alter(l, m);
	if (rc < 0 || fkey_own(&l->here, m->db, here, e) != 0 ||
	    dependents_load(&l->dependents_here, m->db, here, there, false, e)
	    != 0)
		return -1;
	return rc == 1 && (fkey_own(&l->there, m->db, there, e) != 0 ||
	    dependents_load(&l->dependents_there, m->db, there, here, false, e)
	    != 0) ? -1 : 0;
}

/* 0; or -1 with *e, also when a name has no form in a trigger's set. */
static int
encode(char **to, const struct user_trigger *t, const struct migration *m,
    const struct ident *name, struct err *e)
{
	int rc;

	free(*to);
	*to = NULL;
	rc = encode_name(to, m->db, t->charset, name->raw, e);
	return rc != 1 ? rc : err_set(e, ERR_REFUSED, "trigger %s cannot be "
	    "created again: its character set, %s, has not all characters of "
	    "%s",
	    t->name.sql, t->charset, name->sql);
}

/* The names that settle_render() puts into the texts. */
static int
left_encode(struct dependents *k, const struct migration *m, struct err *e)
{
	const char *pairs = m->was.field[REGISTRY_CUT_OVER];
	struct user_trigger *t;
	struct ident name;
	size_t i;

	for (i = 0; i < k->n_triggers; i++) {
		t = &k->trigger[i];
		if (encode(&t->table_sql, t, m, &m->names.old.table, e) != 0)
			return -1;
		if (standin_real(&name, pairs, STANDIN_TRIGGER, t->name.raw) &&
		    encode(&t->new_sql, t, m, &name, e) != 0)
			return -1;
	}
	return 0;
}

static void
tell_lost(const struct str *lost)
{
	if (lost->len > 0)
		log_warn("the registry, which others can write, has names "
		    "that are not on the server; if they belonged to the "
		    "table, create them again by hand: %s", lost->s);
}

/*
 * On MariaDB a trigger is made before its stand-in goes (cutover_script.c).
 * When all ended in between, the application may have fired both.
 */
static void
tell_twice(const struct left *l, const struct migration *m)
{
	const struct dependents *d = &l->dependents_here;
	const char *pairs = m->was.field[REGISTRY_CUT_OVER];
	struct ident name;
	size_t i;

	for (i = 0; i < d->n_triggers && m->swap == SWAP_DONE; i++)
		if (standin_real(&name, pairs, STANDIN_TRIGGER,
		    d->trigger[i].name.raw) &&
		    settle_triggers_has(d, name.raw))
			log_warn("trigger %s is also there as %s, so since "
			    "the swap it may have fired twice for each row; "
			    "see what it has written", name.sql,
			    d->trigger[i].name.sql);
}

/* The statements that are left: made of what is there, now. */
static int
find_list(struct settle_list *list, const struct migration *m, bool tell,
    struct err *e)
{
	const struct qname *there = m->swap == SWAP_DONE ? &m->names.attic :
	    &m->names.shadow;
	struct str lost = STR_INIT;
	struct left l;
	struct settle_view v = {
		.names = &m->names,
		.alter = &l.alter,
		.pairs = m->was.field[REGISTRY_CUT_OVER],
		.here = &l.here,
		.there = &l.there,
		.dependents_here = &l.dependents_here,
		.dependents_there = &l.dependents_there,
		.mariadb = m->server.mariadb,
		.swapped = m->swap == SWAP_DONE,
		.reverting = m->reverting,
		.kept_in_step = m->cfg->reverse,
		.follow_children = m->reverting ||
		    !same_text(m->cfg->fkeys_method, "none"),
	};
	int rc = left_load(&l, m, there, e);

	if (rc == 0)
		rc = left_encode(&l.dependents_here, m, e) != 0 ||
		    left_encode(&l.dependents_there, m, e) != 0 ? -1 : 0;
	if (rc == 0)
		settle_render(list, &v, &lost);
	if (tell)
		tell_lost(&lost);
	if (tell && rc == 0)
		tell_twice(&l, m);
	str_free(&lost);
	left_free(&l);
	return rc;
}

/* The tables whose locks that takes, and the keys that say which they are. */
struct reach {
	struct fkeys own, children, grandchildren;
	const struct qname **table;
	size_t n, reads;
};

static void
reach_add(struct reach *r, const struct qname *t)
{
	size_t i;

	for (i = 0; i < r->n; i++)
		if (strcmp(r->table[i]->sql, t->sql) == 0)
			return;
	r->table = xrealloc(r->table, r->n + 1, sizeof(*r->table));
	r->table[r->n++] = t;
}

/* As the cut-over has it, but by what is there: see finish_tables(). */
static int
reach_find(struct reach *r, struct migration *m, struct err *e)
{
	const struct qname *other = m->swap == SWAP_DONE ? &m->names.attic :
	    &m->names.shadow;
	const struct qname *t[] = { &m->names.old, other, &m->names.rejects };
	size_t i, n, was;
	int there;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		there = table_exists(m->db, t[i], e);
		if (there < 0 || (there && (fkey_own(&r->own, m->db, t[i],
		    e) != 0 || fkey_children(&r->children, m->db, t[i], NULL,
		    false, e) != 0)))
			return -1;
		if (there)
			reach_add(r, t[i]);
	}
	n = r->n;
	for (i = 0; i < r->children.n; i++)
		reach_add(r, &r->children.key[i].child);
	for (i = n; m->server.mariadb && i < r->n; i++)
		if (fkey_children(&r->grandchildren, m->db, r->table[i],
		    NULL, false, e) != 0)
			return -1;
	for (i = 0; i < r->grandchildren.n; i++)
		reach_add(r, &r->grandchildren.key[i].child);
	was = r->n;
	for (i = 0; i < r->own.n; i++)
		reach_add(r, &r->own.key[i].parent);
	r->reads = m->server.mariadb ? r->n - was : 0;
	return 0;
}

static void
reach_free(struct reach *r)
{
	fkey_free(&r->own);
	fkey_free(&r->children);
	fkey_free(&r->grandchildren);
	free(r->table);
}

/*
 * Every table that references one of ours is locked.  One that is not has
 * gone since, or references none of them any more.
 */
static int
run_one(struct db *db, const char *sql, struct err *e)
{
	if (db_run_again(db, sql, e) == 0)
		return 0;
	if (e->kind != ERR_SQL || db_class(e->sqlno) != DB_NOT_LOCKED)
		return -1;
	log_warn("left out, as it is about a table that is no longer there, "
	    "or no longer references this one: %.200s", sql);
	e->kind = ERR_NONE;
	return 0;
}

/* All of them, in their order, of which some set the session for the next. */
static int
run_list(struct migration *m, struct err *e)
{
	struct settle_list list = SETTLE_LIST_INIT;
	size_t i;
	int rc = find_list(&list, m, true, e);

	if (rc == 0)
		rc = db_run(m->db, e, "USE %s", m->names.old.db.sql) != 0 ||
		    db_quiet(m->db, e, "SET SESSION foreign_key_checks = 0") !=
		    0 ? -1 : 0;
	for (i = 0; rc == 0 && i < list.n; i++) {
		rc = run_one(m->db, list.sql[i], e);
		if (rc != 0)
			err_while(e, "%.200s", list.sql[i]);
	}
	settle_list_free(&list);
	return rc == 0 ? db_quiet(m->db, e, "SET SESSION "
	    "foreign_key_checks = 1") : -1;
}

/*
 * No session may write while a trigger is dropped to be made again, nor come to
 * a child before the table and find the locks taken in the other order.
 */
static int
run_locked(struct migration *m, struct err *e)
{
	struct reach r = { .table = NULL };
	struct mdl_set set;
	int rc;

	rc = reach_find(&r, m, e);
	set = (struct mdl_set){ r.table, r.n, r.reads, NULL };
	if (rc == 0)
		rc = mdl_hold(m->db, &set, &m->cfg->tries_swap_tables, e);
	if (rc == 0)
		rc = mdl_release(m->db, mdl_reopen(m->db, &m->names.old,
		    e) != 0 ? -1 : run_list(m, e), e);
	reach_free(&r);
	return rc;
}

/*
 * What was passed over, as if it were done or about a table that is no longer
 * there, may still be left: the catalogue knows.
 */
static int
check_settled(struct migration *m, struct err *e)
{
	struct settle_list list = SETTLE_LIST_INIT;
	int rc = find_list(&list, m, false, e);

	if (rc == 0 && list.n > 0) {
		rc = err_set(e, ERR_LEFT, "foreign keys or triggers are not "
		    "yet as they should be after the cut-over; this is left "
		    "to do: %.500s", list.sql[0]);
		command_hint(e, m->cfg, "to see the statements",
		    "cleanup --dry-run", COMMAND_END);
	}
	settle_list_free(&list);
	return rc;
}

/* The new table, under the name that it has in the middle of a cut-over. */
static int
is_parked(struct migration *m, struct err *e)
{
	return m->swap == SWAP_DONE || !m->vouched ? 0 :
	    table_exists(m->db, &m->names.parked, e);
}

/* Is a trigger of the way back on the new table, whatever that is called? */
static int
is_on_new(struct migration *m, const struct qname *trigger, struct err *e)
{
	const struct names *n = &m->names;
	struct str q = STR_INIT;
	char *on = NULL;
	int rc;

	db_match(&q, m->db, "TRIGGER_SCHEMA", "TRIGGER_NAME", trigger);
	rc = db_value(m->db, &on, e, "SELECT EVENT_OBJECT_TABLE FROM "
	    "information_schema.TRIGGERS WHERE %s", q.s);
	if (rc == 0)
		rc = on != NULL && (same_text(on, n->shadow.table.raw) ||
		    same_text(on, n->parked.table.raw));
	free(on);
	str_free(&q);
	return rc;
}

/*
 * The triggers of the way back are made just before the swap.  Without it they
 * would write to the table whose triggers write to theirs; so they go, before
 * the new table has its name again.  Takes them away, or says only whether
 * there are any: 1, 0, or -1 with *e.
 */
static int
turned(struct migration *m, bool away, struct err *e)
{
	struct qname t;
	int i, rc = 0, any = 0;

	if (m->swap == SWAP_DONE || m->reverting || !m->vouched)
		return 0;
	for (i = 0; i < NAMES_TRIGGERS && rc >= 0; i++) {
		names_trigger(&t, &m->names.old, i, true);
		rc = is_on_new(m, &t, e);
		any = any || rc == 1;
		if (rc == 1 && away)
			rc = db_run(m->db, e, "DROP TRIGGER IF EXISTS %s",
			    t.sql);
	}
	return rc < 0 ? -1 : any;
}

int
settling_is_due(struct migration *m, struct err *e)
{
	int parked = is_parked(m, e), back = parked == 0 ?
	    turned(m, false, e) : 0;

	return parked < 0 || back < 0 ? -1 : parked || back ||
	    is_unfinished(m);
}

int
settling_run(struct migration *m, struct err *e)
{
	int rc = turned(m, true, e) < 0 ? -1 : is_parked(m, e);

	if (rc == 1)
		rc = finish_unpark(m->db, &m->names, &m->cfg->tries_swap_tables,
		    e);

	if (rc == 0 && is_unfinished(m))
		rc = run_locked(m, e) != 0 || check_settled(m, e) != 0 ? -1 :
		    0;
	return rc != 0 ? -1 :
	    registry_note_cutover(&m->registry, m->db, "", e);
}

static void
add_owed(struct str *owed, const struct settle_list *list)
{
	size_t i;

	for (i = 0; i < list->n; i++)
		if (strncmp(list->sql[i], "SET ", 4) != 0)
			text_list_add(owed, list->sql[i]);
}

/* What was parked is all that there is to say: the rest is about that. */
static int
owed(struct migration *m, struct str *list, struct err *e)
{
	struct settle_list rest = SETTLE_LIST_INIT;
	struct str q = STR_INIT;
	int parked = is_parked(m, e), rc = parked < 0 ? -1 : 0;

	if (parked == 1) {
		sql_unpark(&q, &m->names);
		text_list_add(list, q.s);
	}
	if (rc == 0 && is_unfinished(m))
		rc = find_list(&rest, m, false, e);
	add_owed(list, &rest);
	settle_list_free(&rest);
	str_free(&q);
	return rc;
}

int
settling_owed(struct str *list, struct db *db, const struct qname *table,
    const struct registry_row *r, struct err *e)
{
	struct config cfg;
	struct migration m = MIGRATION_INIT(&cfg);
	int rc;

	configure_defaults(&cfg);
	cfg.command = COMMAND_CLEANUP;
	cfg.database = xstrdup(table->db.raw);
	cfg.table = xstrdup(table->table.raw);
	m.db = db;
	m.server = *db_server(db);
	m.was = *r;
	rc = recall_look(&m, &cfg, e) != 0 || owed(&m, list, e) != 0 ? -1 : 0;
	configure_free(&cfg);
	return rc;
}

static void
list_print(const struct settle_list *list, const struct migration *m,
    struct str *to)
{
	size_t i;

	if (list->n > 0) {
		print_sql(to, "USE %s", m->names.old.db.sql);
		print_sql(to, "SET SESSION foreign_key_checks = 0");
	}
	for (i = 0; i < list->n; i++)
		print_sql(to, "%s", list->sql[i]);
}

int
settling_print(struct migration *m, struct err *e)
{
	struct settle_list list = SETTLE_LIST_INIT;
	struct str q = STR_INIT, text = STR_INIT;
	int parked = is_parked(m, e);
	int rc = parked < 0 || (is_unfinished(m) &&
	    find_list(&list, m, true, e) != 0) ? -1 : 0;

	sql_unpark(&q, &m->names);
	if (rc == 0 && parked)
		print_sql(&text, "%s", q.s);
	if (rc == 0) {
		list_print(&list, m, &text);
		undo_print(&m->undo, &text);
		event_answer(&text);
	}
	str_free(&q);
	str_free(&text);
	settle_list_free(&list);
	return rc;
}

/*
 * A write that the new table could not take may have been noted in the last
 * moment before the RENAME: then only the old table has it.
 */
static int
keep_what_is_noted(struct migration *m, struct err *e)
{
	int there = table_exists(m->db, &m->names.rejects, e);

	if (there < 0)
		return -1;
	if (m->swap != SWAP_DONE || !m->vouched || !there ||
	    capture_rejects(m->db, &m->plan, e) == 0)
		return 0;
	undo_forget(&m->undo, UNDO_ATTIC);
	if (e->kind != ERR_REJECTED)
		return -1;
	log_warn("%s", e->text);
	log_warn("the %s table is kept as %s and has these rows",
	    plan_here(&m->plan), m->names.attic.sql);
	e->kind = ERR_NONE;
	return 0;
}

int
settling_ledger(struct migration *m, struct err *e)
{
	return recall_ledger(m, e) != 0 || keep_what_is_noted(m, e) != 0 ?
	    -1 : 0;
}

int
settling_prepare(struct migration *m, struct err *e)
{
	return recall_adopt(m, e) != 0 || settling_run(m, e) != 0 ? -1 :
	    settling_ledger(m, e);
}
