#include "model/identity.h"

#include <stdlib.h>
#include <string.h>

#include "base/stop.h"
#include "base/util.h"
#include "model/table.h"

#define TRIES	60	/* for a look at a table that somebody has locked */

/*
 * In MySQL INNODB_TABLES opens every table of the server, which takes seconds
 * where there are thousands.  This one is read by an index; its names are as
 * they are.  The number of a tablespace tells as much as the table's, but for
 * IMPORT TABLESPACE, which the weaker sign tells.  For a table in a tablespace
 * that it shares with others there is no row.
 */
static void
ask_mysql(struct str *q, struct db *db, const struct qname *t)
{
	struct str name = STR_INIT, from = STR_INIT, end = STR_INIT;

	str_addf(&name, "%s/%s", t->db.raw, t->table.raw);
	str_addf(&from, "%s#p#", name.s);
	str_addf(&end, "%s#p$", name.s);
	str_addz(q, "SELECT NAME, SPACE, 0 FROM "
	    "information_schema.INNODB_TABLESPACES_BRIEF WHERE NAME IN (");
	db_literal(q, db, name.s);
	str_addz(q, ", LOWER(");
	db_literal(q, db, name.s);
	str_addz(q, ")) OR (NAME >= ");
	db_literal(q, db, from.s);
	str_addz(q, " AND NAME < ");
	db_literal(q, db, end.s);
	str_addz(q, ") OR (NAME >= LOWER(");
	db_literal(q, db, from.s);
	str_addz(q, ") AND NAME < LOWER(");
	db_literal(q, db, end.s);
	str_addz(q, ")) ORDER BY NAME, SPACE");
	str_free(&name);
	str_free(&from);
	str_free(&end);
}

/* In MariaDB the names are those of files. */
static void
add_file_name(struct str *q, struct db *db, const char *name)
{
	str_addz(q, "CAST(CONVERT(");
	db_literal(q, db, name);
	str_addz(q, " USING filename) AS BINARY)");
}

static void
ask_mariadb(struct str *q, struct db *db, const struct qname *t)
{
	str_addz(q, "SELECT NAME, TABLE_ID, SPACE FROM "
	    "information_schema.INNODB_SYS_TABLES WHERE "
	    "SUBSTRING_INDEX(LOWER(CONVERT(NAME USING latin1)), '#p#', 1) = "
	    "LOWER(CONVERT(CONCAT(");
	add_file_name(q, db, t->db.raw);
	str_addz(q, ", '/', ");
	add_file_name(q, db, t->table.raw);
	str_addz(q, ") USING latin1)) ORDER BY NAME, TABLE_ID");
}

/* What TRUNCATE TABLE and EXCHANGE PARTITION change of other tables. */
static void
ask_times(struct str *q, struct db *db, const struct qname *t)
{
	str_addz(q, "SELECT COALESCE(PARTITION_NAME, ''), "
	    "COALESCE(CREATE_TIME, ''), 0 FROM information_schema.PARTITIONS "
	    "WHERE ");
	table_where(q, db, t);
	str_addz(q, " ORDER BY 1");
}

/* *ids is NULL when they are not to be had. */
static int
read_ids(char **ids, struct db *db, const struct identity *id, struct err *e)
{
	const struct qname *t = &id->name;
	const struct server *s = db_server(db);
	struct rows r = ROWS_INIT;
	struct str q = STR_INIT, text = STR_INIT;
	size_t i;
	int rc;

	*ids = NULL;
	if (id->undoes_nothing)
		ask_times(&q, db, t);
	else if (s->mariadb)
		ask_mariadb(&q, db, t);
	else
		ask_mysql(&q, db, t);
	rc = db_rows(db, &r, "vvv", e, "%s", q.s);
	for (i = 0; rc == 0 && i < r.n; i++)
		str_addf(&text, "%s %s %s\n", r.cell[i][0], r.cell[i][1],
		    r.cell[i][2]);
	if (text.len > 0)
		*ids = xstrdup(text.s);
	rows_free(&r);
	str_free(&q);
	str_free(&text);
	if (rc != 0 && e->kind == ERR_SQL) {
		e->kind = ERR_NONE;
		rc = 0;
	}
	return rc;
}

static int
sum_status(unsigned long long *sum, struct db *db, const char *scope,
    const char *names, struct err *e)
{
	struct rows r = ROWS_INIT;
	size_t i;
	int rc;

	*sum = 0;
	rc = db_rows(db, &r, "vv", e, "SHOW %s STATUS WHERE Variable_name IN "
	    "(%s)", scope, names);
	for (i = 0; rc == 0 && i < r.n; i++)
		*sum += strtoull(r.cell[i][1], NULL, 10);
	rows_free(&r);
	return rc;
}

#define AGAIN	5	/* sums for two that agree */

/*
 * Those of the other connections, each from its beginning on.  One that just
 * ends may be left out of a sum; so the sum is taken twice.
 */
static int
count_statements(unsigned long long *n, struct db *db, struct err *e)
{
	static const char ddl[] = "'Com_truncate', 'Com_alter_table', "
	    "'Com_rename_table', 'Com_create_table', 'Com_drop_table', "
	    "'Com_drop_db'";
	unsigned long long all = 0, before, own;
	int i = 0;

	if (sum_status(&own, db, "SESSION", ddl, e) != 0)
		return -1;
	do {
		before = all;
		if (sum_status(&all, db, "GLOBAL", ddl, e) != 0)
			return -1;
	} while (before != all && ++i < AGAIN);
	*n = all - own;
	return 0;
}

/* Somebody has locked the table: try again, for a while.  It forgets *e. */
static bool
try_again(int *tries, struct err *e)
{
	if (!db_class_conflict(e) || ++*tries > TRIES || stop_sleep(0.1))
		return false;
	e->kind = ERR_NONE;
	return true;
}

/*
 * Whoever is counted and has not ended yet keeps this waiting: such a
 * statement holds a lock that conflicts with those of writers.  Where a writer
 * locks the whole table, readers would wait behind us.
 */
static int
wait_for_others(struct db *db, const struct identity *id, struct err *e)
{
	struct rows r = ROWS_INIT;
	int rc, tries = 0;

	do {
		rc = db_rows(db, &r, NULL, e, "SELECT 1 FROM %s WHERE FALSE%s",
		    id->name.sql, id->undoes_nothing ? "" : " FOR UPDATE");
		rows_free(&r);
	} while (rc != 0 && try_again(&tries, e));
	return rc;
}

/* A statement's name in the session: one for each table. */
static void
statement_name(struct ident *name, const struct qname *t)
{
	ident_apart(name, "livealter ", t->table.raw, "");
}

static int
prepare(struct db *db, const struct qname *t, struct err *e)
{
	struct str q = STR_INIT, text = STR_INIT;
	struct ident name;
	int rc, tries = 0;

	statement_name(&name, t);
	str_addf(&text, "SELECT 1 FROM %s LIMIT 0", t->sql);
	str_addf(&q, "PREPARE %s FROM ", name.sql);
	db_literal(&q, db, text.s);
	do
		rc = db_quiet(db, e, "%s", q.s);
	while (rc != 0 && try_again(&tries, e));
	str_free(&q);
	str_free(&text);
	return rc;
}

/* Was it, on this connection, prepared anew, or can it not be executed? */
static int
was_prepared_again(bool *yes, struct db *db, const struct qname *t,
    struct err *e)
{
	static const char how_often[] = "'Com_stmt_reprepare'";
	unsigned long long before = 0, after = 0;
	struct rows r = ROWS_INIT;
	struct ident name;
	int rc;

	statement_name(&name, t);
	rc = sum_status(&before, db, "SESSION", how_often, e);
	if (rc == 0)
		rc = db_rows(db, &r, NULL, e, "EXECUTE %s", name.sql);
	rows_free(&r);
	if (rc == 0)
		rc = sum_status(&after, db, "SESSION", how_often, e);
	*yes = rc != 0 || before != after;
	if (rc != 0 && e->kind == ERR_SQL && !db_class_conflict(e)) {
		e->kind = ERR_NONE;
		rc = 0;
	}
	return rc;
}

/* That it cannot be prepared is no error. */
static int
note_statement(struct identity *id, struct db *db, struct err *e)
{
	id->prepared = prepare(db, &id->name, e) == 0;
	if (id->prepared)
		return 0;
	if (e->kind != ERR_SQL || db_class_conflict(e))
		return -1;
	e->kind = ERR_NONE;
	return 0;
}

int
identity_note(struct identity *id, struct db *db, const struct qname *name,
    bool undoes_nothing, struct err *e)
{
	identity_free(id);
	id->name = *name;
	id->undoes_nothing = undoes_nothing;
	if (read_ids(&id->ids, db, id, e) != 0 ||
	    (!db_server(db)->mariadb && note_statement(id, db, e) != 0) ||
	    count_statements(&id->count, db, e) != 0 ||
	    wait_for_others(db, id, e) != 0)
		return -1;
	id->known = true;
	return 0;
}

int
identity_look(struct identity *id, struct db *db, struct err *e)
{
	unsigned long long count;
	char *now = NULL;
	bool again = false;
	int rc;

	if (!id->known)
		return 0;
	rc = read_ids(&now, db, id, e);
	if (rc == 0 && (id->ids != NULL || now != NULL) &&
	    !same_text(id->ids, now))
		id->other = true;
	free(now);
	if (rc != 0 || (id->prepared &&
	    was_prepared_again(&again, db, &id->name, e) != 0) ||
	    count_statements(&count, db, e) != 0)
		return -1;
	id->closed = id->closed || again;
	id->counted = id->counted || count != id->count;
	return 0;
}

int
identity_altered(struct identity *id, struct db *db, unsigned long long n,
    bool closed, struct err *e)
{
	if (!id->known)
		return 0;
	id->count += n;
	return closed && id->prepared ? note_statement(id, db, e) : 0;
}

void
identity_free(struct identity *id)
{
	free(id->ids);
	memset(id, 0, sizeof(*id));
}
