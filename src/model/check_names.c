#include "model/check_names.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/str.h"
#include "base/util.h"
#include "model/table.h"

#define CHECKS	"information_schema.TABLE_CONSTRAINTS WHERE " \
	"CONSTRAINT_TYPE = 'CHECK' AND "

bool
check_names_follow(const char *name, const char *table)
{
	size_t len = strlen(table);

	if (strncasecmp(name, table, len) != 0 ||
	    strncmp(name + len, "_chk_", 5) != 0)
		return false;
	name += len + 5;
	return *name != '\0' && strspn(name, "0123456789") == strlen(name);
}

/*
 * What would be best: names that the server has made follow the table by
 * themselves when it is renamed; any other gets an underscore, and loses it the
 * next time.
 */
static void
first_choice(struct ident *to, const struct names *n, const char *name)
{
	const char *table = n->old.table.raw;
	size_t underscores = strspn(name, "_");

	if (check_names_follow(name, table))
		ident_derive(to, "", n->shadow.table.raw,
		    name + strlen(table));
	else
		ident_derive(to, "", name[underscores] != '\0' ?
		    name + underscores : name, "");
}

static bool
is_chosen(const struct check_names *c, const char *name)
{
	size_t i;

	for (i = 0; i < c->n; i++)
		if (strcasecmp(c->name[i].to.raw, name) == 0)
			return true;
	return false;
}

/* Has another table of the database one of that name?  1, 0, or -1 with *e. */
static int
is_taken(struct db *db, const struct names *n, const char *name,
    struct err *e)
{
	unsigned long long found = 0;
	struct str q = STR_INIT;
	int rc;

	str_addz(&q, CHECKS "CONSTRAINT_SCHEMA = ");
	db_literal(&q, db, n->old.db.raw);
	str_addz(&q, " AND CONSTRAINT_NAME = ");
	db_literal(&q, db, name);
	str_addz(&q, " AND TABLE_NAME <> ");
	db_literal(&q, db, n->shadow.table.raw);
	rc = db_number(db, &found, e, "SELECT COUNT(*) FROM %s", q.s);
	str_free(&q);
	return rc != 0 ? -1 : found > 0;
}

static int
choose(struct check_names *c, struct db *db, const struct names *n,
    const char *name, struct err *e)
{
	struct ident from, first, to;
	int i, taken;

	if (ident_set(&from, name, e) != 0)
		return -1;
	first_choice(&first, n, name);
	for (i = 0; i <= NAMES_TRIES; i++) {
		names_next(&to, &first, i);
		taken = is_chosen(c, to.raw) ? 1 : is_taken(db, n, to.raw, e);
		if (taken < 0)
			return -1;
		if (taken > 0)
			continue;
		c->name = xrealloc(c->name, c->n + 1, sizeof(*c->name));
		c->name[c->n].from = from;
		c->name[c->n++].to = to;
		return 0;
	}
	return err_set(e, ERR_REFUSED, "there are %d CHECKs called %s or "
	    "alike", NAMES_TRIES + 1, first.sql);
}

int
check_names_choose(struct check_names *c, struct db *db,
    const struct names *n, struct err *e)
{
	struct rows r = ROWS_INIT;
	struct str where = STR_INIT;
	size_t i;
	int rc;

	if (db_server(db)->mariadb)
		return 0;
	table_where(&where, db, &n->old);
	rc = db_rows(db, &r, "v", e, "SELECT CONSTRAINT_NAME FROM " CHECKS
	    "%s ORDER BY CONSTRAINT_NAME", where.s);
	for (i = 0; rc == 0 && i < r.n; i++)
		rc = choose(c, db, n, r.cell[i][0], e);
	rows_free(&r);
	str_free(&where);
	return rc;
}

bool
check_names_get(const struct check_names *c, const char *from,
    struct ident *to)
{
	size_t i;

	for (i = 0; i < c->n; i++)
		if (strcmp(c->name[i].from.raw, from) == 0) {
			*to = c->name[i].to;
			return true;
		}
	return false;
}

int
check_names_find(const struct check_names *c, struct db *db,
    const struct names *n, const char *from, struct ident *to, struct err *e)
{
	struct str q = STR_INIT;
	char *name = NULL;
	int rc;

	if (c->n == 0)
		return 0;
	table_where(&q, db, &n->old);
	str_addz(&q, " AND CONSTRAINT_NAME = ");
	db_literal(&q, db, from);
	rc = db_value(db, &name, e, "SELECT CONSTRAINT_NAME FROM " CHECKS "%s",
	    q.s);
	str_free(&q);
	if (rc == 0 && name != NULL)
		rc = check_names_get(c, name, to);
	free(name);
	return rc;
}

void
check_names_free(struct check_names *c)
{
	free(c->name);
	c->name = NULL;
	c->n = 0;
}
