/* Is the new table what the data dictionary says of the user's? */
#include "steps/dictionary.h"

#include <string.h>

#include "base/str.h"

/* The expressions that a backslash is in. */
static int
read_expressions(struct rows *r, struct db *db, const struct qname *table,
    struct err *e)
{
	struct str where = STR_INIT;
	int rc;

	table_where(&where, db, table);
	rc = db_rows(db, r, "v", e, "SELECT x FROM ("
	    "SELECT CAST(COLUMN_DEFAULT AS CHAR) AS x FROM "
	    "information_schema.COLUMNS WHERE %s UNION ALL "
	    "SELECT GENERATION_EXPRESSION FROM information_schema.COLUMNS "
	    "WHERE %s UNION ALL "
	    "SELECT EXPRESSION FROM information_schema.STATISTICS WHERE %s "
	    "UNION ALL SELECT CHECK_CLAUSE FROM "
	    "information_schema.TABLE_CONSTRAINTS JOIN "
	    "information_schema.CHECK_CONSTRAINTS USING (CONSTRAINT_SCHEMA, "
	    "CONSTRAINT_NAME) WHERE %s) AS t WHERE INSTR(x, CHAR(92)) > 0",
	    where.s, where.s, where.s, where.s);
	str_free(&where);
	return rc;
}

static bool
same_but_backslashes(const char *a, const char *b)
{
	for (;; a++, b++) {
		a += strspn(a, "\\");
		b += strspn(b, "\\");
		if (*a != *b || *a == '\0')
			return *a == *b;
	}
}

/* The server may write an expression otherwise, but not with other escapes. */
static bool
is_misread(const struct rows *new, const char *expression)
{
	bool misread = false;
	size_t i;

	for (i = 0; i < new->n; i++) {
		if (strcmp(new->cell[i][0], expression) == 0)
			return false;
		if (same_but_backslashes(new->cell[i][0], expression))
			misread = true;
	}
	return misread;
}

int
dictionary_check(struct db *db, const struct qname *old,
    const struct qname *shadow, struct err *e)
{
	const struct server *s = db_server(db);
	struct rows is = ROWS_INIT, new = ROWS_INIT;
	int rc = 0;
	size_t i;

	if (s->mariadb)
		return 0;
	if (read_expressions(&is, db, old, e) != 0 ||
	    (is.n > 0 && read_expressions(&new, db, shadow, e) != 0))
		rc = -1;
	for (i = 0; rc == 0 && i < is.n; i++) {
		if (!is_misread(&new, is.cell[i][0]))
			continue;
		err_set(e, ERR_CREATE, "SHOW CREATE TABLE %s gives other "
		    "backslashes than the data dictionary has: %.200s",
		    old->sql, is.cell[i][0]);
		rc = err_hint(e, "a session with NO_BACKSLASH_ESCAPES has "
		    "opened the table; FLUSH TABLES %s, and try again",
		    old->sql);
	}
	rows_free(&is);
	rows_free(&new);
	return rc;
}
