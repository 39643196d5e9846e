#include "steps/check_filter.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/str.h"
#include "base/util.h"
#include "model/filter_read.h"
#include "model/type.h"

/* pt-online-schema-change's rule; what is resumed is asked again. */
static int
check_ends(const struct config *cfg, const struct dependents *dependents,
    struct err *e)
{
	if (cfg->force)
		return 0;
	if (cfg->swap_tables || cfg->drop_new_table) {
		err_set(e, ERR_REFUSED, "--where: rows that do not match would "
		    "not be in the new table when it takes the old one's "
		    "place");
		return err_hint(e, "say --no-swap-tables and "
		    "--no-drop-new-table, or --force");
	}
	if (dependents->child.n == 0)
		return 0;
	err_set(e, ERR_REFUSED, "--where: %s references the table, and rows "
	    "there may reference rows that do not match",
	    dependents->child.key[0].child.sql);
	return err_hint(e, "say --force if that is as it should be");
}

static bool
writes(const char *action)
{
	return action != NULL && (same_text(action, "CASCADE") ||
	    same_text(action, "SET NULL") || same_text(action, "SET DEFAULT"));
}

/* A cascade fires no trigger, and a row may match after it. */
static int
check_cascades(const struct table *old, const struct filter *f, struct err *e)
{
	const struct column *c;
	const struct fkey *k;
	size_t i, j;

	for (i = 0; i < old->fkey.n; i++) {
		k = &old->fkey.key[i];
		if (fkey_is_self(k))
			return err_set(e, ERR_REFUSED, "--where: foreign key "
			    "%s is one of the table to itself, and a row that "
			    "matches may have a parent that does not",
			    k->name.sql);
		for (j = 0; j < k->n; j++) {
			c = table_column(old, k->column[j].raw);
			if (c != NULL && filter_names(f, c) &&
			    (writes(k->on_update) || (writes(k->on_delete) &&
			    !same_text(k->on_delete, "CASCADE"))))
				return err_set(e, ERR_REFUSED, "--where: "
				    "column %s is changed by cascades of "
				    "foreign key %s, which fire no triggers",
				    c->name.sql, k->name.sql);
		}
	}
	return 0;
}

/* MariaDB computes such a column each time it is read, by any function. */
static int
check_computed(const struct table *old, const struct filter *f,
    const struct server *s, const struct filter_moment *at, struct err *e)
{
	const struct column *c;
	struct filter of;
	size_t i;
	int rc = 0;

	for (i = 0; i < old->n_columns && rc == 0; i++) {
		c = &old->column[i];
		if (c->expression == NULL || !s->mariadb ||
		    strstr(c->extra, "STORED") != NULL || !filter_names(f, c))
			continue;
		rc = filter_read(&of, c->expression, old, s, at, e);
		if (rc == 0 && of.moves)
			rc = err_set(e, ERR_REFUSED, "it depends on the time");
		filter_free(&of);
		if (rc != 0) {
			err_while(e, "generated column %s", c->name.sql);
			err_while(e, "--where");
		}
	}
	return rc;
}

/* What is wrong with it in the eyes of the server. */
static int
explain(struct db *db, const struct table *old, const struct filter *f,
    struct err *e)
{
	struct str q = STR_INIT;
	struct rows r = ROWS_INIT;
	int rc;

	str_addf(&q, "EXPLAIN SELECT 1 FROM %s WHERE ", old->name.sql);
	filter_add(&q, f, NULL, NULL);
	rc = db_rows(db, &r, NULL, e, "%s", q.s);
	rows_free(&r);
	str_free(&q);
	if (rc != 0 && e->kind == ERR_SQL)
		e->kind = ERR_REFUSED;
	return rc != 0 ? err_while(e, "--where") : 0;
}

int
check_filter_table(struct db *db, const struct table *old,
    const struct dependents *dependents, const struct config *cfg,
    struct err *e)
{
	const struct server *s = db_server(db);
	struct filter_moment at;
	struct filter f = FILTER_INIT;
	int rc;

	rc = check_ends(cfg, dependents, e) != 0 ||
	    check_filter_moment(&at, db, NULL, e) != 0 ||
	    filter_read(&f, cfg->where, old, s, &at, e) != 0 ||
	    check_cascades(old, &f, e) != 0 ||
	    check_computed(old, &f, s, &at, e) != 0 ||
	    explain(db, old, &f, e) != 0 ? -1 : 0;
	if (rc == 0 && strcasecmp(old->engine, "InnoDB") != 0)
		rc = err_set(e, ERR_REFUSED, "--where: the table is %s, of "
		    "which rows may have to be copied once more", old->engine);
	if (rc == 0 && old->has_period)
		rc = err_set(e, ERR_REFUSED, "--where: the table has a period, "
		    "whose rows the server splits");
	filter_free(&f);
	return rc;
}

int
check_filter_plan(struct db *db, const struct plan *p, struct err *e)
{
	struct rows r = ROWS_INIT;
	int rc;

	if (p->filter == NULL)
		return 0;
	if (p->in_order)
		return err_set(e, ERR_REFUSED, "--where: the new table takes "
		    "rows in ascending order of its FTS_DOC_ID only, and a row "
		    "that does not match may be written later");
	if (p->merges)
		return err_set(e, ERR_REFUSED, "--where: the ALTER may make "
		    "keys equal that were different, so that a row that does "
		    "not match may be written to one that does");
	/* As it is sent, by the new table's types. */
	rc = db_rows(db, &r, NULL, e, "EXPLAIN %s1", p->copy_head);
	rows_free(&r);
	if (rc != 0 && e->kind == ERR_SQL)
		e->kind = ERR_REFUSED;
	return rc != 0 ? err_while(e, "--where") : 0;
}

int
check_filter_moment(struct filter_moment *at, struct db *db,
    const char *began, struct err *e)
{
	struct rows r = ROWS_INIT;
	struct str q = STR_INIT;
	int rc;

	if (began != NULL)
		db_literal(&q, db, began);
	rc = db_rows(db, &r, "vvv", e, "SELECT CONVERT_TZ(t, '+00:00', "
	    "@@global.time_zone), t, TIMESTAMPDIFF(SECOND, '1970-01-01', t) "
	    "FROM (SELECT CAST(%s AS DATETIME(6)) AS t) d",
	    began != NULL ? q.s : "UTC_TIMESTAMP(6)");
	if (rc == 0) {
		snprintf(at->here, sizeof(at->here), "%s", r.cell[0][0]);
		snprintf(at->utc, sizeof(at->utc), "%s", r.cell[0][1]);
		snprintf(at->unix_time, sizeof(at->unix_time), "%s",
		    r.cell[0][2]);
	}
	rows_free(&r);
	str_free(&q);
	return rc;
}
