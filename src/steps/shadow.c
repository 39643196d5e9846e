#include "steps/shadow.h"

#include <stdlib.h>
#include <string.h>

#include "base/account.h"
#include "base/log.h"
#include "base/util.h"
#include "model/apart.h"
#include "model/check_names.h"
#include "model/ddl.h"
#include "model/renaming.h"
#include "model/trigger.h"
#include "server/denied.h"
#include "server/session.h"
#include "server/spelling.h"
#include "steps/mdl.h"

/* One more underscore in front, or a number, until no table has the name. */
int
shadow_free_name(struct qname *q, struct db *db, struct err *e)
{
	struct ident id;
	struct ident base = q->table;
	int i, taken;

	for (i = 0; i <= NAMES_TRIES; i++) {
		taken = table_exists(db, q, e);
		if (taken <= 0)
			return taken;
		names_next(&id, &base, i + 1);
		qname_beside(q, q, &id);
	}
	return err_set(e, ERR_REFUSED, "there are %d tables called %s or "
	    "alike", NAMES_TRIES + 1, base.sql);
}

static int
must_be_free(const struct qname *name, struct db *db, struct err *e)
{
	int taken = table_exists(db, name, e);

	if (taken <= 0)
		return taken;
	err_set(e, ERR_REFUSED, "there is a table %s", name->sql);
	return err_hint(e, "it was left by a run that was killed, or belongs "
	    "to someone else; rename or drop it");
}

/* --new-table-name, where %T is the table's name. */
static int
spell(struct db *db, const struct config *cfg, struct qname *name,
    struct err *e)
{
	return config_without(cfg, "lower-case") ? 0 :
	    spelling_of_table(db, name, e);
}

int
shadow_given_name(struct names *n, struct db *db, const struct config *cfg,
    struct err *e)
{
	struct str name = STR_INIT;
	const char *p;
	int rc;

	for (p = cfg->new_table_name; *p != '\0'; p++)
		if (p[0] == '%' && p[1] == 'T') {
			str_addz(&name, n->old.table.raw);
			p++;
		} else {
			str_add(&name, p, 1);
		}
	rc = qname_set(&n->shadow, n->old.db.raw, name.s, e) != 0 ||
	    spell(db, cfg, &n->shadow, e) != 0 ? -1 : 0;
	str_free(&name);
	return rc != 0 ? err_while(e, "--new-table-name") : 0;
}

static int
given_name(struct names *n, struct db *db, const struct config *cfg,
    struct err *e)
{
	int rc;

	if (shadow_given_name(n, db, cfg, e) != 0)
		return -1;
	if (strcmp(n->shadow.sql, n->parked.sql) == 0)
		return err_set(e, ERR_REFUSED, "--new-table-name: the new "
		    "table is called %s for a moment in the cut-over",
		    n->parked.sql);
	rc = table_exists(db, &n->shadow, e);
	if (rc == 1)
		return err_set(e, ERR_REFUSED, "--new-table-name: there is a "
		    "table %s already", n->shadow.sql);
	return rc;
}

int
shadow_names(struct names *n, struct db *db, const struct config *cfg,
    struct err *e)
{
	int rc;

	names_derive(n);
	rc = cfg->new_table_name != NULL ?
	    given_name(n, db, cfg, e) :
	    shadow_free_name(&n->shadow, db, e);
	if (rc != 0 || shadow_free_name(&n->attic, db, e) != 0 ||
	    shadow_free_name(&n->rejects, db, e) != 0 ||
	    shadow_free_name(&n->back_rejects, db, e) != 0 ||
	    must_be_free(&n->parked, db, e) != 0)
		return -1;
	return shadow_check_trial(n, db, e);
}

int
shadow_check_trial(const struct names *n, struct db *db, struct err *e)
{
	struct qname trial;

	names_trial(&trial, n);
	return must_be_free(&trial, db, e);
}

/* For ddl_create(): rename, and say so when the name will stay different. */
static void
rename_check(void *arg, const char *name, struct ident *to)
{
	if (!check_names_get(arg, name, to))
		ident_derive(to, "_", name, "");
	if (strstr(name, "_chk_") == NULL)
		log_info("CHECK %s will be called %s: its name is unique in "
		    "the database, and only a rebuild could give it back",
		    name, to->raw);
}

/*
 * To add or drop a foreign key takes the parent's metadata lock on MySQL
 * (manual, "FOREIGN KEY Constraints", "Locking").
 */
static int
run_beside_parents(struct db *db, const struct table *old,
    const struct alter *a, const char *sql, const struct config *cfg,
    struct err *e)
{
	struct mdl_set set = { NULL, 0, 0, NULL };
	const struct qname **parent = NULL;
	struct qname *added;
	size_t i, j = 0;
	int rc = 0;

	added = xcalloc(a->n + 1, sizeof(*added));
	fkey_parents(&old->fkey, &parent, &set.n);
	for (i = 0; i < a->n && rc == 0; i++) {
		if (a->item[i].what != ALTER_ADD_FKEY)
			continue;
		qname_beside(&added[j], &old->name, &a->item[i].parent);
		rc = spell(db, cfg, &added[j], e);
		parent = xrealloc(parent, set.n + 1, sizeof(*parent));
		parent[set.n++] = &added[j++];
	}
	set.table = parent;
	if (rc == 0)
		rc = set.n > 0 ? mdl_run(db, &set, &cfg->tries_create_triggers,
		    sql, e) : db_run_text(db, sql, e);
	free(parent);
	free(added);
	return rc;
}

/* A CHECK's or a foreign key's name is unique in the database. */
static int
explain_duplicate(struct err *e)
{
	if (e->sqlno != 3822 && e->sqlno != 1826 &&
	    (e->sqlno != 1005 || strstr(e->text, "errno: 121") == NULL))
		return -1;
	return err_hint(e, "a table that --no-drop-old-table or "
	    "--no-drop-new-table has kept may have a constraint of that name: "
	    "drop that table, or the constraint");
}

/*
 * CREATE TABLE gives DEFAULT NULL to a column that may be NULL and is shown
 * without a DEFAULT, as ALTER ... DROP DEFAULT leaves it on MySQL.
 */
static int
drop_defaults(struct db *db, const struct names *n, const struct table *old,
    const struct config *cfg, struct err *e)
{
	struct alter none = { .n = 0 };
	struct str q = STR_INIT;
	size_t i;
	int rc = 0;

	for (i = 0; i < old->n_columns; i++) {
		if (!old->column[i].bare)
			continue;
		if (q.len == 0)
			str_addf(&q, "ALTER TABLE %s", n->shadow.sql);
		else
			str_addz(&q, ",");
		str_addf(&q, " ALTER %s DROP DEFAULT",
		    old->column[i].name.sql);
	}
	if (q.len > 0)
		rc = run_beside_parents(db, old, &none, q.s, cfg, e);
	str_free(&q);
	return rc;
}

int
shadow_create(struct db *db, const struct names *n, const struct table *old,
    const struct config *cfg, struct undo *undo, struct err *e)
{
	const struct server *s = db_server(db);
	struct alter none = { .n = 0 };
	struct check_names checks = CHECK_NAMES_INIT;
	struct ddl_change how = {
		.to = &n->shadow,
		.drop_engine = cfg->default_engine,
		.drop_data_dir = cfg->remove_data_dir || cfg->data_dir != NULL,
		.drop_tablespace = cfg->remove_tablespace,
		.drop_collation = !s->mariadb,
		.data_dir = cfg->data_dir,
		.rename_check = s->mariadb ? NULL : rename_check,
		.arg = &checks,
	};
	struct str q = STR_INIT;
	int rc;

	rc = check_names_choose(&checks, db, n, e) != 0 ||
	    ddl_create(&q, old->create, &how, e) != 0 ? -1 : 0;
	if (rc == 0) {
		undo_push(undo, UNDO_SHADOW, "DROP TABLE IF EXISTS %s",
		    n->shadow.sql);
		rc = run_beside_parents(db, old, &none, q.s, cfg, e);
		if (rc != 0) {
			/* Refused, it made nothing; and a table of that name
			 * that is there is somebody else's. */
			if (e->kind != ERR_LOST)
				undo_forget(undo, UNDO_SHADOW);
			server_explain(s, &n->old.db, ERR_CREATE, e);
			explain_duplicate(e);
		}
	}
	if (rc == 0 && drop_defaults(db, n, old, cfg, e) != 0)
		rc = server_explain(s, &n->old.db, ERR_CREATE, e);
	check_names_free(&checks);
	str_free(&q);
	return rc;
}

static bool
has_generated(const struct table *t)
{
	size_t i;

	for (i = 0; i < t->n_columns; i++)
		if (t->column[i].generated)
			return true;
	for (i = 0; i < t->n_keys; i++)
		if (t->key[i].opaque)
			return true;
	return false;
}

/* ER_ALTER_OPERATION_NOT_SUPPORTED, the same with a reason */
static bool
is_not_copied(const struct err *e)
{
	return e->kind == ERR_SQL && (e->sqlno == 1845 || e->sqlno == 1846);
}

/*
 * InnoDB of MySQL 9.7 writes a corrupt index after it has moved indexed virtual
 * columns in place.  To copy the new table costs nothing, since it is empty.
 * Some things are done in place only (a column with a foreign key renamed).
 */
static int
run_whole(struct db *db, const struct renaming *r, const char *sql,
    const struct config *cfg, struct err *e)
{
	bool copy = !db_server(r->db)->mariadb && r->alter->how == NULL &&
	    has_generated(r->old);
	int rc;

	if (copy && db_quiet(db, e, "SET SESSION old_alter_table = 1") != 0)
		return -1;
	rc = run_beside_parents(db, r->old, r->alter, sql, cfg, e);
	if (rc == 0 || !copy || !is_not_copied(e))
		return rc;
	e->kind = ERR_NONE;
	return db_quiet(db, e, "SET SESSION old_alter_table = 0") != 0 ? -1 :
	    run_beside_parents(db, r->old, r->alter, sql, cfg, e);
}

static int
run_alter(struct db *db, const struct names *n, const struct table *old,
    const struct alter *a, const struct config *cfg, struct err *e)
{
	struct check_names checks = CHECK_NAMES_INIT;
	const struct renaming r = { db, n, old, a, &checks };
	struct str q = STR_INIT;
	size_t bare;
	int rc;

	if (a->n_clauses == 0)
		return 0;
	str_addf(&q, "ALTER TABLE %s %s", n->shadow.sql,
	    a->how != NULL ? a->how : "");
	bare = q.len;
	rc = check_names_choose(&checks, db, n, e) != 0 ||
	    renaming_alter(&q, &r, e) != 0 ? -1 : 0;
	if (rc == 0 && q.len > bare)
		rc = run_whole(db, &r, q.s, cfg, e);
	str_free(&q);
	if (rc != 0)
		renaming_explain(&r, e);
	check_names_free(&checks);
	if (rc == 0)
		return 0;
	server_explain(db_server(db), &n->old.db, ERR_ALTER, e);
	if (e->kind == ERR_ALTER && renaming_leaves(&r))
		err_hint(e, "a foreign key with cascades stays until the end, "
		    "so that they reach the new table; drop it in one run, "
		    "and its column in the next");
	return -1;
}

/* Triggers cannot be tried on the user's table; on this one they can. */
static int
probe_triggers(struct db *db, const struct names *n, const struct config *cfg,
    struct err *e)
{
	const struct tries *tries = &cfg->tries_create_triggers;
	const char *definer = cfg->trigger_definer;
	struct trigger t = { .timing = "AFTER", .event = "INSERT" };
	struct account account;
	struct str q = STR_INIT;
	int rc;

	if (definer != NULL && account_set(&account, definer, e) != 0)
		return -1;
	t.definer = definer != NULL ? account.sql : NULL;
	names_trial_trigger(&t.name, &n->shadow);
	trigger_probe(&q, &t, &n->shadow);
	/* Foreign keys let the application's statements lock it as well. */
	rc = mdl_run(db, MDL_ONE(&n->shadow), tries, q.s, e);
	str_reset(&q);
	str_addf(&q, "DROP TRIGGER %s", t.name.sql);
	if (rc == 0)
		rc = mdl_run(db, MDL_ONE(&n->shadow), tries, q.s, e);
	str_free(&q);
	if (rc == 0)
		return 0;
	server_explain(db_server(db), &n->old.db, ERR_TRIGGERS, e);
	return t.definer != NULL && e->kind == ERR_TRIGGERS ?
	    denied_definer(e, &n->old.db, t.definer) : -1;
}

int
shadow_alter(struct db *db, const struct names *n, const struct table *old,
    const struct alter *a, const struct config *cfg, struct err *e)
{
	struct db *users = NULL;
	int rc;

	/* A sequence without a schema is one of the default schema (1046). */
	rc = session_open(&users, db_server(db), "alter", SESSION_ALTER, 0,
	    e) != 0 ||
	    db_quiet(users, e, "USE %s", n->old.db.sql) != 0 ||
	    run_alter(users, n, old, a, cfg, e) != 0 ||
	    probe_triggers(db, n, cfg, e) != 0 ? -1 : 0;
	db_close(users);
	return rc;
}

/* Is it one that the new table is without, and not one that is added? */
static bool
is_apart(const struct server *s, const struct table *old, const struct fkey *k)
{
	const struct fkey *was = fkey_original(&old->fkey, k);

	return was != NULL && fkey_is_self(was) && apart_wanted(s, old);
}

/* The statement; in *added those are left that it is to get again. */
static void
take_off(struct str *q, struct fkeys *added, const struct server *s,
    const struct table *old, const struct qname *shadow)
{
	const struct fkey *k;
	bool is_added;
	size_t i = 0;

	while (i < added->n) {
		k = &added->key[i];
		is_added = fkey_original(&old->fkey, k) == NULL;
		if (is_added || is_apart(s, old, k)) {
			if (q->len == 0)
				str_addf(q, "ALTER TABLE %s", shadow->sql);
			else
				str_addz(q, ",");
			str_addf(q, " DROP FOREIGN KEY %s", k->name.sql);
		}
		if (is_added)
			i++;
		else
			fkey_remove(added, i);
	}
}

int
shadow_added_keys(struct db *db, const struct names *n,
    const struct table *old, const struct config *cfg, struct fkeys *added,
    struct err *e)
{
	const struct server *s = db_server(db);
	struct mdl_set set = { NULL, 0, 0, NULL };
	const struct qname **t = NULL;
	struct str q = STR_INIT;
	int rc = fkey_own(added, db, &n->shadow, e);

	if (rc == 0)
		take_off(&q, added, s, old, &n->shadow);
	if (q.len > 0) {
		t = xrealloc(t, 2, sizeof(*t));
		t[set.n++] = &n->shadow;
		if (apart_wanted(s, old))
			t[set.n++] = &old->name;
		fkey_parents(added, &t, &set.n);
		set.table = t;
		rc = mdl_run(db, &set, &cfg->tries_create_triggers, q.s, e);
		free(t);
	}
	str_free(&q);
	return rc;
}
