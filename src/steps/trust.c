#include "steps/trust.h"

#include <stdlib.h>
#include <string.h>

#include "base/event.h"
#include "base/stop.h"
#include "base/str.h"
#include "base/util.h"
#include "model/names.h"
#include "model/registry_row.h"
#include "model/table.h"

/* What is wrong with it, of a registry that says that it is one. */
static int
refuse(const struct qname *name, const char *what, struct err *e)
{
	err_set(e, ERR_REFUSED, "table %s is not the registry that livealter "
	    "makes: %s", name->sql, what);
	return err_hint(e, "someone has changed or replaced it, so that its "
	    "contents cannot be trusted; inspect it, then rename it");
}

static int
refuse_kind(const struct qname *name, const char *comment, struct err *e)
{
	err_set(e, ERR_REFUSED, "table %s is not the registry of this version "
	    "of livealter", name->sql);
	if (strncmp(comment, REGISTRY_KIND, strlen(REGISTRY_KIND)) != 0)
		return err_hint(e, "the table does not belong to livealter; "
		    "rename it");
	return err_hint(e, "finish what another version has begun with that "
	    "version; if nothing of it is left, drop the table");
}

/* Primary key and unique key: anything else would be a key or CHECK more. */
#define CONSTRAINTS "2"

static int
check_table(struct db *db, const struct qname *name, struct err *e)
{
	struct rows r = ROWS_INIT;
	struct str where = STR_INIT, on = STR_INIT;
	char **c;
	int rc;

	table_where(&where, db, name);
	db_match(&on, db, "EVENT_OBJECT_SCHEMA", "EVENT_OBJECT_TABLE", name);
	rc = db_rows(db, &r, "vvvvvv?", e, "SELECT TABLE_TYPE, "
	    "COALESCE(ENGINE, ''), COALESCE(TABLE_COMMENT, ''), "
	    "COALESCE(CREATE_OPTIONS, ''), "
	    "(SELECT COUNT(*) FROM information_schema.TRIGGERS WHERE %s), "
	    "(SELECT COUNT(*) FROM information_schema.TABLE_CONSTRAINTS WHERE "
	    "%s), (SELECT GROUP_CONCAT(INDEX_NAME, ' ', COLUMN_NAME, ' ', "
	    "NON_UNIQUE ORDER BY INDEX_NAME, SEQ_IN_INDEX) FROM "
	    "information_schema.STATISTICS WHERE %s) FROM "
	    "information_schema.TABLES WHERE %s", on.s, where.s, where.s,
	    where.s);
	str_free(&where);
	str_free(&on);
	c = r.n > 0 ? r.cell[0] : NULL;
	if (rc == 0 && c != NULL)
		rc = strcmp(c[0], "BASE TABLE") != 0 ?
		    refuse(name, "it is no base table", e) :
		    strcmp(c[2], REGISTRY_COMMENT) != 0 ?
		    refuse_kind(name, c[2], e) :
		    strcmp(c[1], "InnoDB") != 0 ?
		    refuse(name, "its engine is not InnoDB", e) :
		    strstr(c[3], "partitioned") != NULL ?
		    refuse(name, "it is partitioned", e) :
		    strcmp(c[4], "0") != 0 ?
		    refuse(name, "it has a trigger", e) :
		    strcmp(c[5], CONSTRAINTS) != 0 ||
		    !same_text(c[6], "PRIMARY id 0,table_name table_name 0") ?
		    refuse(name, "its keys or constraints are others", e) : 1;
	rows_free(&r);
	return rc;
}

static int
check_columns(struct db *db, const struct qname *name, struct err *e)
{
	struct rows r = ROWS_INIT;
	struct str where = STR_INIT;
	struct registry_row_described d;
	size_t i;
	int rc;

	table_where(&where, db, name);
	/* A display width is shown by some versions. */
	rc = db_rows(db, &r, "vvvvv", e, "SELECT COLUMN_NAME, "
	    "REPLACE(COLUMN_TYPE, 'bigint(20)', 'bigint'), IS_NULLABLE, "
	    "COALESCE(COLLATION_NAME, ''), CONCAT(EXTRA, "
	    "COALESCE(GENERATION_EXPRESSION, '')) FROM "
	    "information_schema.COLUMNS WHERE %s ORDER BY ORDINAL_POSITION",
	    where.s);
	str_free(&where);
	for (i = 0; rc == 0 && i < REGISTRY_AGE && i < r.n; i++) {
		d = (struct registry_row_described){ r.cell[i][0], r.cell[i][1],
		    r.cell[i][2], r.cell[i][3], r.cell[i][4] };
		if (!registry_row_is_column(i, &d))
			break;
	}
	if (rc == 0 && (i < REGISTRY_AGE || i < r.n))
		rc = refuse(name, "its columns are others", e);
	rows_free(&r);
	return rc;
}

static int
look(struct db *db, const struct qname *name, struct err *e)
{
	int rc = check_table(db, name, e);

	return rc != 1 ? rc : check_columns(db, name, e) != 0 ? -1 : 1;
}

#define LOOKS	5
#define NAP	0.05		/* seconds */

/* In the moment in which it is made or dropped, parts of it are missing. */
int
trust_registry(struct db *db, const struct qname *name, struct err *e)
{
	int i, rc = look(db, name, e);

	for (i = 1; rc < 0 && e->kind == ERR_REFUSED && i < LOOKS; i++) {
		if (stop_sleep(NAP))
			break;
		e->kind = ERR_NONE;
		rc = look(db, name, e);
	}
	return rc;
}

int
trust_vouched(struct db *db, const struct qname *rejects,
    const struct qname *table, struct err *e)
{
	struct str where = STR_INIT;
	char *comment = NULL;
	int rc;

	table_where(&where, db, rejects);
	rc = db_value(db, &comment, e, "SELECT TABLE_COMMENT FROM "
	    "information_schema.TABLES WHERE %s AND TABLE_TYPE = 'BASE TABLE'",
	    where.s);
	str_free(&where);
	if (rc == 0)
		rc = comment != NULL && names_vouch(comment, table);
	free(comment);
	return rc;
}

static int
refuse_trigger(const struct qname *table, char **trigger, struct err *e)
{
	err_set(e, ERR_TRIGGERS, "there is a trigger on %s, which is a table "
	    "of livealter's: %s, whose definer is %s", table->sql, trigger[0],
	    trigger[1]);
	return err_hint(e, "someone created it in the meantime; it would run "
	    "in livealter's sessions, and when its triggers fire");
}

int
trust_bare(struct db *db, const struct qname *table, struct err *e)
{
	struct str where = STR_INIT, on = STR_INIT;
	struct rows r = ROWS_INIT;
	char *type = NULL;
	int rc;

	table_where(&where, db, table);
	db_match(&on, db, "EVENT_OBJECT_SCHEMA", "EVENT_OBJECT_TABLE", table);
	rc = db_value(db, &type, e, "SELECT TABLE_TYPE FROM "
	    "information_schema.TABLES WHERE %s", where.s);
	if (rc == 0 && type != NULL && strcmp(type, "BASE TABLE") != 0)
		rc = err_set(e, ERR_TRIGGERS, "%s is no longer a base table; "
		    "someone has replaced it", table->sql);
	if (rc == 0)
		rc = db_rows(db, &r, "vv", e, "SELECT TRIGGER_NAME, DEFINER "
		    "FROM information_schema.TRIGGERS WHERE %s LIMIT 1",
		    on.s);
	if (rc == 0 && r.n > 0)
		rc = refuse_trigger(table, r.cell[0], e);
	rows_free(&r);
	free(type);
	str_free(&where);
	str_free(&on);
	return rc;
}

int
trust_hold(struct db *db, const struct qname *table, const char *index,
    struct err *e)
{
	return db_quiet(db, e, "SELECT 1 FROM %s FORCE INDEX (%s) LIMIT 0",
	    table->sql, index);
}
