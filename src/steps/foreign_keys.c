#include "steps/foreign_keys.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "base/util.h"
#include "model/cutover_fkeys.h"
#include "model/cutover_script.h"
#include "model/definer.h"
#include "model/trigger.h"
#include "server/denied.h"
#include "server/session.h"
#include "steps/interruptible_query.h"
#include "steps/mdl.h"

/* What is being tried, and how patiently. */
struct trial {
	struct db *db;
	const struct plan *p;
	const struct alter *alter;
	const struct tries *tries;
};

/*
 * The new table is ours alone; but with foreign keys of its own the
 * application's statements on the parents lock it, too.
 */
static int
run_on(const struct trial *t, const struct qname *table, const char *sql,
    struct err *e)
{
	return mdl_run(t->db, MDL_ONE(table), t->tries, sql, e);
}

/* undo_run_fn, for the table to try things on. */
static int
take_off(void *arg, enum undo_what what, const char *sql, struct err *e)
{
	const struct trial *t = arg;

	(void)what;
	return run_on(t, &t->p->names.shadow, sql, e);
}

/*
 * By itself in its packet: what the server takes here is one statement (see
 * model/user_trigger.h).
 */
static int
try_trigger(struct db *db, const struct plan *p, const struct user_trigger *t,
    const struct qname *table, struct err *e)
{
	struct user_trigger_form form = { .mariadb = p->server->mariadb,
	    .table = table->table.sql, .alone = true };
	struct err e2 = { .kind = ERR_NONE };
	struct str q = STR_INIT;
	struct qname name;
	int rc;

	names_trial_trigger(&name, table);
	form.name = name.table.sql;
	user_trigger_before(&q, t);
	rc = db_quiet(db, e, "%s", q.s);
	str_reset(&q);
	user_trigger_create(&q, t, &form);
	if (rc == 0)
		rc = db_run_text(db, q.s, e);
	str_reset(&q);
	user_trigger_after(&q);
	if (db_quiet(db, rc == 0 ? e : &e2, "%s", q.s) != 0)
		rc = -1;
	str_free(&q);
	if (rc == 0)
		rc = db_run(db, e, "DROP TRIGGER %s", name.sql);
	if (rc == 0)
		return 0;
	server_explain(p->server, &p->names.old.db, ERR_REFUSED, e);
	return err_while(e, "trigger %s cannot be on the %s table",
	    t->name.sql, plan_there(p));
}

static int
try_on(struct db *db, const struct plan *p, const struct qname *like,
    struct err *e)
{
	const struct dependents *dependents = p->dependents;
	size_t i;
	int rc;

	rc = db_run(db, e, "CREATE TABLE %s LIKE %s", like->sql,
	    p->names.shadow.sql);
	if (rc == 0)
		rc = db_run(db, e, "USE %s", like->db.sql);
	for (i = 0; i < dependents->n_triggers && rc == 0; i++)
		rc = try_trigger(db, p, &dependents->trigger[i], like, e);
	return rc;
}

/* On a table like the new one, which no session uses. */
static int
try_triggers(struct trial *t, struct undo *undo, struct err *e)
{
	struct err e2 = { .kind = ERR_NONE };
	struct qname like;
	int rc;

	if (t->p->dependents->n_triggers == 0)
		return 0;
	names_trial(&like, &t->p->names);
	undo_push(undo, UNDO_TRY, "DROP TABLE IF EXISTS %s", like.sql);
	rc = try_on(t->db, t->p, &like, e);
	return undo_run(undo, UNDO_TRY, take_off, t, rc == 0 ? e : &e2) != 0 ?
	    -1 : rc;
}

static void
tell_key(const struct fkey *k, struct err *e)
{
	struct str list = STR_INIT;
	size_t i;

	for (i = 0; i < k->n; i++)
		str_addf(&list, "%s%s", i > 0 ? ", " : "",
		    k->referenced[i].sql);
	err_while(e, "foreign key %s of %s, which references %s, could not "
	    "reference the new table", k->name.sql, k->child.sql, list.s);
	str_free(&list);
}

/* The foreign keys of one child, on an empty table like it. */
static int
try_child(const struct trial *t, const struct qname *child,
    const struct qname *like, struct err *e)
{
	const struct plan *p = t->p;
	const struct fkeys *f = &p->dependents->child;
	struct str q = STR_INIT;
	struct ident name;
	size_t i;
	int rc;

	rc = db_run(t->db, e, "CREATE TABLE %s LIKE %s", like->sql,
	    child->sql);
	for (i = 0; i < f->n && rc == 0; i++) {
		if (strcmp(f->key[i].child.sql, child->sql) != 0)
			continue;
		ident_derive(&name, "", f->key[i].name.raw, "_livealter4");
		str_reset(&q);
		str_addf(&q, "ALTER TABLE %s ADD ", like->sql);
		rc = cutover_script_child_key(&q, p, &f->key[i], &name,
		    &p->names.shadow, e);
		if (rc == 0)
			rc = run_on(t, &p->names.shadow, q.s, e);
		if (rc == 0)
			continue;
		server_explain(p->server, &p->names.old.db, ERR_REFUSED, e);
		tell_key(&f->key[i], e);
	}
	str_free(&q);
	return rc;
}

static int
try_children(struct trial *t, struct undo *undo, struct err *e)
{
	const struct plan *p = t->p;
	struct err e2 = { .kind = ERR_NONE };
	struct qname like;
	size_t i;
	int rc = 0;

	names_trial(&like, &p->names);
	for (i = 0; i < p->script.n_children && rc == 0; i++) {
		undo_push(undo, UNDO_TRY, "DROP TABLE IF EXISTS %s",
		    like.sql);
		rc = try_child(t, p->script.child[i], &like, e);
		if (undo_run(undo, UNDO_TRY, take_off, t,
		    rc == 0 ? e : &e2) != 0)
			rc = -1;
	}
	return rc;
}

/* A key of the table to itself. */
static int
try_inside(const struct trial *t, const struct fkey *k,
    const struct qname *like, struct err *e)
{
	const struct plan *p = t->p;
	struct str q = STR_INIT;
	struct ident name;
	int rc;

	ident_derive(&name, "", k->name.raw, "_livealter4");
	str_addf(&q, "ALTER TABLE %s ADD ", like->sql);
	fkey_definition(&q, k, &name, like, NULL);
	rc = run_on(t, like, q.s, e);
	str_free(&q);
	if (rc == 0)
		return 0;
	server_explain(p->server, &p->names.old.db, ERR_REFUSED, e);
	tell_key(k, e);
	return alter_drops_fkey(t->alter, k->name.raw) ? err_hint(e,
	    "it stays until the end, so that its cascades reach the new table; "
	    "drop it in one run, and change its columns in the next") : -1;
}

/*
 * The new table's reference the old one, and let its own columns and indexes be
 * changed in every way.
 */
static int
try_keys_inside(struct trial *t, struct undo *undo, struct err *e)
{
	const struct plan *p = t->p;
	struct err e2 = { .kind = ERR_NONE };
	struct fkeys f = FKEYS_INIT;
	struct qname like;
	size_t i;
	int rc;

	cutover_fkeys_inside(&f, p, t->alter);
	if (f.n == 0)
		return 0;
	names_trial(&like, &p->names);
	undo_push(undo, UNDO_TRY, "DROP TABLE IF EXISTS %s", like.sql);
	rc = db_run(t->db, e, "CREATE TABLE %s LIKE %s", like.sql,
	    p->names.shadow.sql);
	for (i = 0; i < f.n && rc == 0; i++)
		rc = try_inside(t, &f.key[i], &like, e);
	fkey_free(&f);
	return undo_run(undo, UNDO_TRY, take_off, t, rc == 0 ? e : &e2) != 0 ?
	    -1 : rc;
}

static int
make_trial(const struct trial *t, const struct qname *like, struct err *e)
{
	struct trigger trigger = { .timing = "AFTER", .event = "INSERT",
	    .definer = t->p->definer };
	struct str body = STR_INIT, q = STR_INIT;
	int rc;

	names_trial_trigger(&trigger.name, like);
	definer_body(&body, t->p);
	trigger.body = body.s;
	trigger_create(&q, &trigger, like);
	rc = db_run(t->db, e, "CREATE TABLE %s (id INT PRIMARY KEY) "
	    "ENGINE=InnoDB", like->sql);
	if (rc == 0)
		rc = db_run_text(t->db, q.s, e);
	str_free(&body);
	str_free(&q);
	return rc;
}

/* What is not allowed then would fail the application's statements. */
static int
fire_trial(const struct trial *t, const struct qname *like, struct err *e)
{
	const struct plan *p = t->p;
	struct str q = STR_INIT;
	int rc;

	str_addf(&q, "INSERT INTO %s VALUES (1)", like->sql);
	rc = run_on(t, like, q.s, e);
	str_free(&q);
	if (rc == 0 || (e->kind == ERR_SQL && e->sqlno == DEFINER_DONE)) {
		e->kind = ERR_NONE;
		return 0;
	}
	if (e->kind == ERR_SQL)
		denied_definer(e, &p->names.old.db, p->definer);
	return -1;
}

/* Do the triggers work with the rights of the account that is to have them? */
static int
try_definer(struct trial *t, struct undo *undo, struct err *e)
{
	const struct plan *p = t->p;
	struct err e2 = { .kind = ERR_NONE };
	struct qname like;
	int rc;

	if (p->definer == NULL)
		return 0;
	names_trial(&like, &p->names);
	undo_push(undo, UNDO_TRY, "DROP TABLE IF EXISTS %s", like.sql);
	rc = make_trial(t, &like, e) != 0 || fire_trial(t, &like, e) != 0 ?
	    -1 : 0;
	if (rc != 0) {
		server_explain(p->server, &p->names.old.db, ERR_TRIGGERS, e);
		err_while(e, "a trigger whose definer is %s", p->definer);
	}
	return undo_run(undo, UNDO_TRY, take_off, t, rc == 0 ? e : &e2) != 0 ?
	    -1 : rc;
}

int
foreign_keys_try(struct db *db, const struct plan *p, const struct alter *a,
    const struct config *cfg, struct undo *undo, struct err *e)
{
	struct trial t = { db, p, a, &cfg->tries_create_triggers };

	return try_definer(&t, undo, e) != 0 ||
	    try_triggers(&t, undo, e) != 0 ||
	    (a != NULL && try_keys_inside(&t, undo, e) != 0) ||
	    try_children(&t, undo, e) != 0 ? -1 : 0;
}

static int
check_orphans(struct db *db, const struct new_fkey *f, const char *sql,
    const struct query_beat *beat, struct err *e)
{
	const struct interruptible_query a = { .sql = sql, .shape = "v",
	    .doing = "looking for rows without a parent", .beat = beat };
	struct rows r = ROWS_INIT;
	struct str list = STR_INIT;
	size_t i;
	int rc;

	log_info("looking for rows without a parent, for %s",
	    f->key->name.sql);
	rc = interruptible_query_rows(db, &a, &r, e);
	for (i = 0; rc == 0 && i < r.n; i++)
		str_addf(&list, "%s'%s'", i > 0 ? ", " : "", r.cell[i][0]);
	if (rc == 0 && r.n > 0)
		rc = err_set(e, ERR_REFUSED, "rows have no parent in %s, which "
		    "foreign key %s asks for: %s", f->key->parent.sql,
		    f->key->name.sql, list.s);
	str_free(&list);
	rows_free(&r);
	return rc;
}

int
foreign_keys_orphans(const struct plan *p, bool filled,
    const struct query_beat *beat, struct err *e)
{
	struct db *db = NULL;
	const char *sql;
	size_t i;
	int rc;

	if (p->n_new_fkeys == 0)
		return 0;
	rc = session_open(&db, p->server, "orphans", SESSION_VERIFY, p->session,
	    e);
	for (i = 0; i < p->n_new_fkeys && rc == 0; i++) {
		sql = filled ? p->new_fkey[i].after :
		    p->new_fkey[i].before;
		if (sql != NULL)
			rc = check_orphans(db, &p->new_fkey[i], sql, beat,
			    e);
	}
	db_close(db);
	return rc;
}

/* Without the checks it takes no time, and nothing that is there is looked
 * at. */
int
foreign_keys_add(struct db *db, const struct plan *p, const struct config *cfg,
    struct err *e)
{
	struct err e2 = { .kind = ERR_NONE };
	struct str q = STR_INIT;
	const struct fkey *k;
	struct ident name;
	size_t i;
	int rc;

	if (p->added->n == 0)
		return 0;
	str_addf(&q, "ALTER TABLE %s ", p->names.shadow.sql);
	for (i = 0; i < p->added->n; i++) {
		k = &p->added->key[i];
		cutover_fkeys_added(&name, k);
		if (i > 0)
			str_addz(&q, ", ");
		fkey_keep_index(&q, k);
		str_addz(&q, "ADD ");
		fkey_definition(&q, k, &name, strcmp(k->parent.sql,
		    p->names.old.sql) == 0 ? &p->names.shadow : &k->parent,
		    NULL);
	}
	rc = db_quiet(db, e, "SET SESSION foreign_key_checks = 0");
	if (rc == 0)
		rc = mdl_run_with_parents(db, &p->names.shadow, p->added,
		    &cfg->tries_update_foreign_keys, q.s, e);
	if (db_quiet(db, rc == 0 ? e : &e2, "SET SESSION foreign_key_checks "
	    "= 1") != 0)
		rc = -1;
	str_free(&q);
	return rc;
}

/* They came in one statement. */
int
foreign_keys_has(struct db *db, const struct qname *shadow,
    const struct fkeys *added, struct err *e)
{
	struct fkeys there = FKEYS_INIT;
	struct ident name;
	int rc;

	if (added->n == 0)
		return 0;
	rc = fkey_own(&there, db, shadow, e);
	cutover_fkeys_added(&name, &added->key[0]);
	if (rc == 0)
		rc = fkey_find(&there, name.raw) != NULL;
	fkey_free(&there);
	return rc;
}

int
foreign_keys_remove(struct db *db, const struct qname *shadow,
    const struct fkeys *added, const struct config *cfg, struct err *e)
{
	struct str q = STR_INIT;
	struct ident name;
	size_t i;
	int rc;

	str_addf(&q, "ALTER TABLE %s ", shadow->sql);
	for (i = 0; i < added->n; i++) {
		cutover_fkeys_added(&name, &added->key[i]);
		str_addf(&q, "%sDROP FOREIGN KEY %s", i > 0 ? ", " : "",
		    name.sql);
	}
	rc = mdl_run_with_parents(db, shadow, added,
	    &cfg->tries_update_foreign_keys, q.s, e);
	str_free(&q);
	return rc;
}
