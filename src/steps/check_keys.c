#include "steps/check_keys.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "base/util.h"
#include "model/apart.h"
#include "model/fkey.h"
#include "steps/interruptible_query.h"

/* Does a key of the table to itself delete rows, or set them NULL? */
static bool
acts_on_itself(const struct fkeys *f)
{
	size_t i;

	for (i = 0; i < f->n; i++)
		if (fkey_is_self(&f->key[i]) && fkey_cascades(&f->key[i]))
			return true;
	return false;
}

/* A row that is its own parent is no generation. */
static void
add_not_own_parent(struct str *q, const struct fkey *k, const char *row)
{
	size_t i;

	str_addz(q, "NOT (");
	for (i = 0; i < k->n; i++)
		str_addf(q, "%s%s.%s = %s.%s", i > 0 ? " AND " : "", row,
		    k->column[i].sql, row, k->referenced[i].sql);
	str_addz(q, ")");
}

/* Rows in three generations, by a key of the table to itself; or NULL. */
static void
add_generations(struct str *q, const struct table *old, const struct fkey *k)
{
	size_t i;

	str_addf(q, "SELECT 1 FROM %s b JOIN %s c ON ",
	    old->name.sql, old->name.sql);
	for (i = 0; i < k->n; i++)
		str_addf(q, "%sc.%s = b.%s", i > 0 ? " AND " : "",
		    k->column[i].sql, k->referenced[i].sql);
	str_addz(q, " WHERE ");
	for (i = 0; i < k->n; i++)
		str_addf(q, "b.%s IS NOT NULL AND ", k->column[i].sql);
	add_not_own_parent(q, k, "b");
	str_addz(q, " LIMIT 1");
}

/*
 * Such a server counts the tables that a cascade comes to, and goes wrong when
 * there is another table that references this one (model/apart.h).  Where the
 * rows are deleted with those of a parent, no trigger can do what the cascade
 * does.
 */
static int
refuse_generations(const struct fkey *k, struct err *e)
{
	err_set(e, ERR_REFUSED, "foreign key %s references the table itself, "
	    "and there are grandchildren, or several families that go with one "
	    "row of another table: with a second table like it, this server "
	    "ends such cascades with error 6575", k->name.sql);
	return err_hint(e, "start the server with "
	    "innodb_native_foreign_keys=ON; or, if no session deletes or "
	    "renames grandparents in the meantime, give --force");
}

/* Is a row the parent of another by this key?  As "x" in a question. */
static void
add_has_children(struct str *q, const struct table *old, const struct fkey *k)
{
	size_t i;

	str_addf(q, "EXISTS (SELECT 1 FROM %s y WHERE ", old->name.sql);
	for (i = 0; i < k->n; i++)
		str_addf(q, "y.%s = x.%s AND ", k->column[i].sql,
		    k->referenced[i].sql);
	add_not_own_parent(q, k, "y");
	str_addz(q, ")");
}

/* Two such rows that go with one row of another table, by this key. */
static void
add_families(struct str *q, const struct table *old, const struct fkey *k,
    const struct fkey *with)
{
	size_t i;

	str_addf(q, "SELECT 1 FROM %s x WHERE ", old->name.sql);
	for (i = 0; i < with->n; i++)
		str_addf(q, "x.%s IS NOT NULL AND ", with->column[i].sql);
	add_has_children(q, old, k);
	for (i = 0; i < with->n; i++)
		str_addf(q, "%sx.%s", i > 0 ? ", " : " GROUP BY ",
		    with->column[i].sql);
	str_addz(q, " HAVING COUNT(*) > 1 LIMIT 1");
}

/* Does the question have an answer?  1, 0, or -1 with *e. */
static int
finds(struct db *db, const char *sql, struct err *e)
{
	struct interruptible_query a = { .shape = "v", .doing = "looking for "
	    "grandchildren", .sql = sql };
	struct rows r = ROWS_INIT;
	int rc = interruptible_query_rows(db, &a, &r, e) != 0 ? -1 : r.n > 0;

	rows_free(&r);
	return rc;
}

/* Are there rows of which such a server would lose count? */
static int
has_families(struct db *db, const struct table *old, const struct fkey *k,
    struct err *e)
{
	const struct fkey *with;
	struct str q = STR_INIT;
	size_t i;
	int rc = 0;

	if (same_text(k->on_delete, "CASCADE")) {
		add_generations(&q, old, k);
		rc = finds(db, q.s, e);
	}
	for (i = 0; i < old->fkey.n && rc == 0; i++) {
		with = &old->fkey.key[i];
		if (fkey_is_self(with) ||
		    !same_text(with->on_delete, "CASCADE"))
			continue;
		str_reset(&q);
		add_families(&q, old, k, with);
		rc = finds(db, q.s, e);
	}
	str_free(&q);
	return rc;
}

/* One of these keys. */
static int
check_generation(struct db *db, const struct table *old,
    const struct fkey *k, bool force, struct err *e)
{
	int rc = has_families(db, old, k, e);

	if (rc < 0)
		return -1;
	if (rc == 1 && !force)
		return refuse_generations(k, e);
	log_warn("foreign key %s references the table itself: a statement "
	    "that cascades to grandchildren, or to several families, fails "
	    "with error 6575 until this is done", k->name.sql);
	return 0;
}

int
check_keys_generations(struct db *db, const struct table *old, bool force,
    struct err *e)
{
	const struct server *s = db_server(db);
	const struct fkey *k;
	size_t i;

	if (!s->keys_above || apart_wanted(s, old))
		return 0;
	for (i = 0; i < old->fkey.n; i++) {
		k = &old->fkey.key[i];
		if (fkey_is_self(k) && fkey_acts_on_delete(k) &&
		    check_generation(db, old, k, force, e) != 0)
			return -1;
	}
	return 0;
}

/*
 * A trigger that fires on a cascade cannot write to the new table where that
 * references the table as well (model/apart.h); a session's own setting is not
 * to be seen.
 */
int
check_keys_firing(struct db *db, const struct table *old, struct err *e)
{
	const struct server *s = db_server(db);
	unsigned long long on = 0;
	bool any = false;
	size_t i;

	for (i = 0; i < old->fkey.n; i++)
		any = any || fkey_is_self(&old->fkey.key[i]);
	if (!s->cascade_triggers || !any || apart_wanted(s, old))
		return 0;
	if (db_number(db, &on, e, "SELECT @@GLOBAL.enable_cascade_triggers") !=
	    0)
		return -1;
	if (!on)
		return 0;
	err_set(e, ERR_REFUSED, "it has foreign keys to itself and to others "
	    "that delete its rows, and enable_cascade_triggers is ON: triggers "
	    "that fire on its cascades could not write to the new table");
	return err_hint(e, "set enable_cascade_triggers to OFF, globally and "
	    "in the application's sessions, until this is done");
}

/*
 * Deleting a parent comes to a table by two ways, and from it to another one
 * that it also comes to: then MySQL, since it checks foreign keys above InnoDB
 * (9.6), may forget the second way, and rows lose their parent (seen with
 * 9.7).  The new table is that other one, when the old one references itself:
 * for it that is the old table.
 */
int
check_keys_two_ways(struct db *db, const struct table *old, struct err *e)
{
	const struct server *s = db_server(db);
	struct str own = STR_INIT;
	unsigned long long n = 0;
	int rc;

	if (!s->keys_above || !acts_on_itself(&old->fkey))
		return 0;
	db_match(&own, db, "CONSTRAINT_SCHEMA", "TABLE_NAME", &old->name);
	rc = db_number(db, &n, e, "WITH RECURSIVE way AS ("
	    "SELECT CONSTRAINT_NAME k, DELETE_RULE rule, "
	    "UNIQUE_CONSTRAINT_SCHEMA s, REFERENCED_TABLE_NAME t "
	    "FROM information_schema.REFERENTIAL_CONSTRAINTS "
	    "WHERE %s "
	    "AND DELETE_RULE IN ('CASCADE', 'SET NULL') "
	    "AND (UNIQUE_CONSTRAINT_SCHEMA <> CONSTRAINT_SCHEMA OR "
	    "REFERENCED_TABLE_NAME <> TABLE_NAME) UNION "
	    "SELECT way.k, way.rule, r.UNIQUE_CONSTRAINT_SCHEMA, "
	    "r.REFERENCED_TABLE_NAME FROM way JOIN "
	    "information_schema.REFERENTIAL_CONSTRAINTS r ON "
	    "r.CONSTRAINT_SCHEMA = way.s AND r.TABLE_NAME = way.t "
	    "WHERE r.DELETE_RULE = 'CASCADE') SELECT COUNT(*) FROM way "
	    "a JOIN way b ON a.s = b.s AND a.t = b.t AND a.k <> b.k "
	    "WHERE a.rule = 'CASCADE'", own.s);
	if (rc == 0 && n > 0) {
		rc = err_set(e, ERR_REFUSED, "it has foreign keys to itself "
		    "and two others by which deleting one parent writes to it: "
		    "with a second table like it this server might leave rows "
		    "without their parent");
		err_hint(e, "drop one of them first, or start the server with "
		    "innodb_native_foreign_keys=ON");
	}
	str_free(&own);
	return rc;
}
