#include "server/spelling.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "base/util.h"

/* As the server does it (my_casedn_str() of the character set of files). */
#define LOWER(text) "LOWER(CONVERT(" text " USING utf8mb3) COLLATE " \
	"utf8mb3_general_ci)"

static int
read_mode(struct db *db, unsigned long long *mode, struct err *e)
{
	return db_number(db, mode, e, "SELECT @@lower_case_table_names");
}

/* *name is replaced by the one cell of an answer, if there is one. */
static int
replace(struct db *db, char **name, const char *question, struct err *e)
{
	char *is = NULL;

	if (db_value(db, &is, e, "%s", question) != 0)
		return -1;
	if (is == NULL)
		return 0;
	free(*name);
	*name = is;
	return 0;
}

static int
take_lower(struct db *db, char **name, struct err *e)
{
	struct str literal = STR_INIT, q = STR_INIT;
	int rc;

	if (*name == NULL)
		return 0;
	db_literal(&literal, db, *name);
	str_addf(&q, "SELECT " LOWER("%s"), literal.s);
	rc = replace(db, name, q.s, e);
	str_free(&literal);
	str_free(&q);
	return rc;
}

/* With 2, the one that is there; the database first. */
static int
take_created(struct db *db, char **database, char **name, struct err *e)
{
	struct str schema = STR_INIT, table = STR_INIT, q = STR_INIT;
	int rc = 0;

	if (*database == NULL)
		return 0;
	db_literal(&schema, db, *database);
	str_addf(&q, "SELECT SCHEMA_NAME FROM information_schema.SCHEMATA "
	    "WHERE " LOWER("SCHEMA_NAME") " = " LOWER("%s") " LIMIT 1",
	    schema.s);
	rc = replace(db, database, q.s, e);
	str_reset(&q);
	if (rc == 0 && *name != NULL) {
		db_literal(&table, db, *name);
		str_addf(&q, "SELECT TABLE_NAME FROM "
		    "information_schema.TABLES WHERE " LOWER("TABLE_SCHEMA")
		    " = " LOWER("%s") " AND " LOWER("TABLE_NAME") " = "
		    LOWER("%s") " LIMIT 1", schema.s, table.s);
		rc = replace(db, name, q.s, e);
	}
	str_free(&schema);
	str_free(&table);
	str_free(&q);
	return rc;
}

int
spelling_take(struct db *db, char **database, char **table, struct err *e)
{
	unsigned long long mode;

	if (read_mode(db, &mode, e) != 0)
		return -1;
	if (mode == 0)
		return 0;
	if (mode == 2)
		return take_created(db, database, table, e);
	return take_lower(db, database, e) != 0 ||
	    take_lower(db, table, e) != 0 ? -1 : 0;
}

int
spelling_of_table(struct db *db, struct qname *name, struct err *e)
{
	unsigned long long mode;
	char *table;
	int rc;

	if (read_mode(db, &mode, e) != 0)
		return -1;
	if (mode != 1)
		return 0;
	table = xstrdup(name->table.raw);
	rc = take_lower(db, &table, e);
	if (rc == 0)
		rc = ident_set(&name->table, table, e);
	if (rc == 0)
		qname_beside(name, name, &name->table);
	free(table);
	return rc;
}
