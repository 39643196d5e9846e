#include "steps/check.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/log.h"
#include "base/str.h"
#include "base/util.h"
#include "model/clock.h"
#include "model/convert.h"
#include "model/pair.h"

/* A reason to refuse: 0 none, -1 with *e.  A failed question is one, too. */
struct check {
	const char *name;
	int (*run)(const struct check_input *, struct err *);
};

static int
check_engine(const struct check_input *in, struct err *e)
{
	if (strcasecmp(in->old->engine, "InnoDB") == 0)
		return 0;
	err_set(e, ERR_REFUSED, "the table's engine is %s", in->old->engine);
	return err_hint(e, "livealter needs transactions: only InnoDB tables "
	    "can be changed while they are written to");
}

static int
check_clauses(const struct check_input *in, struct err *e)
{
	struct str why = STR_INIT;
	size_t i;

	for (i = 0; i < in->alter->n; i++)
		if (in->alter->item[i].what == ALTER_REFUSED)
			str_addf(&why, "%s%s", why.len > 0 ? "; " : "",
			    in->alter->item[i].why);
	if (why.len > 0)
		err_set(e, ERR_REFUSED, "the ALTER: %s", why.s);
	i = why.len;
	str_free(&why);
	return i > 0 ? -1 : 0;
}

static int
check_key(const struct check_input *in, struct err *e)
{
	return table_total_key(in->old, e) != NULL ? 0 : -1;
}

/* Add " AND <prefix>_SCHEMA = '...' AND <prefix>_NAME = '...'". */
static void
add_table(struct str *q, const struct check_input *in, const char *prefix,
    const char *suffix)
{
	str_addf(q, "%s_SCHEMA = ", prefix);
	db_literal(q, in->db, in->old->name.db.raw);
	str_addf(q, " AND %s = ", suffix);
	db_literal(q, in->db, in->old->name.table.raw);
}

/* The names that a question yields, in one text; empty when there are none. */
static int
ask_names(const struct check_input *in, const char *sql, struct str *names,
    struct err *e)
{
	struct rows r = ROWS_INIT;
	size_t i;

	if (db_rows(in->db, &r, e, "%s", sql) != 0)
		return -1;
	for (i = 0; i < r.n; i++)
		str_addf(names, "%s%s", i > 0 ? ", " : "", r.cell[i][0]);
	rows_free(&r);
	return 0;
}

static int
check_own_fkeys(const struct check_input *in, struct err *e)
{
	struct str q = STR_INIT, names = STR_INIT;
	int rc;

	str_addz(&q, "SELECT CONSTRAINT_NAME FROM "
	    "information_schema.REFERENTIAL_CONSTRAINTS WHERE ");
	add_table(&q, in, "CONSTRAINT", "TABLE_NAME");
	rc = ask_names(in, q.s, &names, e);
	if (rc == 0 && names.len > 0) {
		rc = err_set(e, ERR_REFUSED, "the table has foreign keys: %s",
		    names.s);
		err_hint(e, "tables with foreign keys are not yet supported");
	}
	str_free(&q);
	str_free(&names);
	return rc;
}

static int
check_children(const struct check_input *in, struct err *e)
{
	struct str q = STR_INIT, names = STR_INIT;
	int rc;

	str_addz(&q, "SELECT CONCAT(CONSTRAINT_SCHEMA, '.', TABLE_NAME) FROM "
	    "information_schema.REFERENTIAL_CONSTRAINTS WHERE "
	    "UNIQUE_");
	add_table(&q, in, "CONSTRAINT", "REFERENCED_TABLE_NAME");
	rc = ask_names(in, q.s, &names, e);
	if (rc == 0 && names.len > 0) {
		rc = err_set(e, ERR_REFUSED, "foreign keys of other tables "
		    "reference the table: %s", names.s);
		err_hint(e, "tables that are referenced are not yet supported");
	}
	str_free(&q);
	str_free(&names);
	return rc;
}

static int
check_triggers(const struct check_input *in, struct err *e)
{
	struct str q = STR_INIT, names = STR_INIT;
	int rc;

	str_addz(&q, "SELECT TRIGGER_NAME FROM information_schema.TRIGGERS "
	    "WHERE ");
	add_table(&q, in, "EVENT_OBJECT", "EVENT_OBJECT_TABLE");
	if (in->running)
		str_addz(&q, " AND TRIGGER_NAME NOT LIKE 'livealter\\_%'");
	rc = ask_names(in, q.s, &names, e);
	if (rc == 0 && names.len > 0) {
		rc = err_set(e, ERR_REFUSED, "the table has triggers: %s",
		    names.s);
		if (strstr(names.s, "livealter_") != NULL)
			err_hint(e, "those called livealter_... are left from "
			    "a run that was killed: DROP TRIGGER each of them "
			    "first, and then the tables %s and %s beside it",
			    "_..._new", "_..._notes");
		else
			err_hint(e, "tables with triggers are not yet "
			    "supported");
	}
	str_free(&q);
	str_free(&names);
	return rc;
}

/*
 * Row events fire no triggers: what such a source sends would pass them by
 * (pt-online-schema-change's PT-2305).
 */
static int
check_replica(const struct check_input *in, struct err *e)
{
	const char *ask = in->server->mariadb ? "SHOW ALL SLAVES STATUS" :
	    in->server->version >= 80022 ? "SHOW REPLICA STATUS" :
	    "SHOW SLAVE STATUS";
	struct rows r = ROWS_INIT;
	int rc = 0;

	if (db_rows(in->db, &r, e, "%s", ask) != 0) {
		/* Without the privilege to ask it is not ours to judge. */
		if (e->kind == ERR_LOST)
			return -1;
		e->kind = ERR_NONE;
		return 0;
	}
	if (r.n > 0 && !in->cfg->force) {
		rc = err_set(e, ERR_REFUSED, "this server is a replica");
		err_hint(e, "what it replicates row by row fires no triggers "
		    "and would be lost; run livealter on the source, or use "
		    "--force when nothing replicates into this table");
	}
	rows_free(&r);
	return rc;
}

/* MariaDB's replicas may fire triggers for row events: twice the changes. */
static int
check_rbr_triggers(const struct check_input *in, struct err *e)
{
	char *value = NULL;
	int rc;

	if (!in->server->mariadb || !in->server->log_bin)
		return 0;
	rc = db_value(in->db, &value, e,
	    "SELECT @@global.slave_run_triggers_for_rbr");
	if (rc == 0 && value != NULL && strcmp(value, "NO") != 0 &&
	    !in->cfg->force) {
		rc = err_set(e, ERR_REFUSED, "slave_run_triggers_for_rbr is "
		    "%s", value);
		err_hint(e, "replicas would apply each change twice; set it "
		    "to NO on all of them, or use --force");
	}
	free(value);
	return rc;
}

/* Was the account itself granted this, on whatever level? */
static int
has_privilege(const struct check_input *in, const char *what, bool *yes,
    struct err *e)
{
	struct str schema = STR_INIT, table = STR_INIT;
	unsigned long long n = 0;
	int rc;

	db_literal(&schema, in->db, in->old->name.db.raw);
	db_literal(&table, in->db, in->old->name.table.raw);
	rc = db_number(in->db, &n, e,
	    "SELECT COUNT(*) FROM (SELECT GRANTEE, PRIVILEGE_TYPE FROM "
	    "information_schema.USER_PRIVILEGES UNION ALL "
	    "SELECT GRANTEE, PRIVILEGE_TYPE FROM "
	    "information_schema.SCHEMA_PRIVILEGES WHERE %s LIKE TABLE_SCHEMA "
	    "UNION ALL SELECT GRANTEE, PRIVILEGE_TYPE FROM "
	    "information_schema.TABLE_PRIVILEGES WHERE TABLE_SCHEMA = %s AND "
	    "TABLE_NAME = %s) g WHERE PRIVILEGE_TYPE = '%s' AND GRANTEE = "
	    "CONCAT('''', SUBSTRING_INDEX(CURRENT_USER(), '@', 1), '''@''', "
	    "SUBSTRING_INDEX(CURRENT_USER(), '@', -1), '''')",
	    schema.s, schema.s, table.s, what);
	*yes = n > 0;
	str_free(&schema);
	str_free(&table);
	return rc;
}

/*
 * Names every privilege that is missing at once.  What comes by a role is
 * not in these lists, so with a role nothing is concluded from them; the
 * statements on the new table then find out.
 */
static int
check_privileges(const struct check_input *in, struct err *e)
{
	static const char *const needed[] = { "SELECT", "INSERT", "UPDATE",
	    "DELETE", "CREATE", "DROP", "ALTER", "TRIGGER", "LOCK TABLES",
	    NULL };
	struct str missing = STR_INIT;
	char *role = NULL;
	bool yes;
	size_t i;
	int rc;

	if (db_value(in->db, &role, e, "SELECT CURRENT_ROLE()") != 0)
		return -1;
	yes = role != NULL && strcmp(role, "NONE") != 0;
	free(role);
	if (yes)
		return 0;
	for (i = 0; needed[i] != NULL; i++) {
		if (has_privilege(in, needed[i], &yes, e) != 0)
			break;
		if (!yes)
			str_addf(&missing, "%s%s",
			    missing.len > 0 ? ", " : "", needed[i]);
	}
	rc = needed[i] != NULL ? -1 : 0;
	if (rc == 0 && missing.len > 0) {
		rc = err_set(e, ERR_NEEDS, "%s lacks privileges on %s: %s",
		    in->server->user, in->old->name.db.sql, missing.s);
		err_hint(e, "GRANT %s ON %s.* TO %s", missing.s,
		    in->old->name.db.sql, in->server->user);
	}
	str_free(&missing);
	return rc;
}

/*
 * With it on, a transaction that began before a row was copied gets error
 * 1020 when it changes that row: in the new table the row is younger than the
 * transaction's snapshot (MDEV-35124).
 */
static int
check_snapshots(const struct check_input *in, struct err *e)
{
	char *value = NULL;

	if (!in->server->mariadb)
		return 0;
	if (db_value(in->db, &value, e, "SELECT VARIABLE_VALUE FROM "
	    "information_schema.GLOBAL_VARIABLES WHERE VARIABLE_NAME = "
	    "'innodb_snapshot_isolation'") != 0)
		return -1;
	if (value != NULL && strcmp(value, "ON") == 0)
		log_warn("innodb_snapshot_isolation is ON: a transaction that "
		    "lasts while rows are copied, and then changes one of "
		    "them, may get error 1020 and should be repeated");
	free(value);
	return 0;
}

static const struct check checks[] = {
	{ "engine",		check_engine },
	{ "clauses",		check_clauses },
	{ "key",		check_key },
	{ "foreign keys",	check_own_fkeys },
	{ "children",		check_children },
	{ "triggers",		check_triggers },
	{ "replica",		check_replica },
	{ "triggers on replicas", check_rbr_triggers },
	{ "privileges",		check_privileges },
	{ "snapshots",		check_snapshots },
};

int
check_all(const struct check_input *in, struct err *e)
{
	struct str text = STR_INIT, hint = STR_INIT;
	struct err one, first = { .kind = ERR_NONE };
	size_t i;

	for (i = 0; i < sizeof(checks) / sizeof(checks[0]); i++) {
		memset(&one, 0, sizeof(one));
		if (checks[i].run(in, &one) == 0)
			continue;
		if (one.kind == ERR_SQL || one.kind == ERR_LOST)
			err_while(&one, "checking %s", checks[i].name);
		if (first.kind == ERR_NONE)
			first = one;
		str_addf(&text, "%s%s", text.len > 0 ? "\n  " : "", one.text);
		if (one.hint[0] != '\0')
			str_addf(&hint, "%s%s", hint.len > 0 ? "\n  " : "",
			    one.hint);
	}
	if (first.kind != ERR_NONE) {
		err_set(e, first.kind, "%s: %s", in->old->name.sql, text.s);
		err_hint(e, "%s", hint.s);
	}
	str_free(&text);
	str_free(&hint);
	return first.kind != ERR_NONE ? -1 : 0;
}

/*
 * MariaDB makes the current time of a NULL that comes into a TIMESTAMP NOT
 * NULL, without a warning.
 */
static int
check_null_moments(struct db *db, const struct plan *p, struct err *e)
{
	const struct pair *pr;
	unsigned long long rows = 0;
	size_t i;

	for (i = 0; i < p->n_pairs && p->server->mariadb; i++) {
		pr = &p->pair[i];
		if (pr->from == NULL || !pr->from->nullable ||
		    pr->to->nullable || pr->adapts_null || pr->may_change ||
		    !clock_moment(pr->to))
			continue;
		if (db_number(db, &rows, e, "SELECT EXISTS (SELECT 1 FROM %s "
		    "WHERE %s IS NULL)", p->names.old.sql,
		    pr->from->name.sql) != 0)
			return -1;
		if (rows == 0)
			continue;
		err_set(e, ERR_CHANGED, "the copy would change data: NULLs in "
		    "column %s would become the current time",
		    pr->to->name.sql);
		return err_hint(e, "correct the rows or the ALTER, or allow it "
		    "with --allow-warnings 1048:%s", pr->to->name.raw);
	}
	return 0;
}

/*
 * A DATE without a DEFAULT becomes 0000-00-00 in the rows there are.  Native
 * ALTER refuses that when the user's sql_mode forbids such dates.
 */
static int
check_zero_dates(struct db *db, const struct plan *p, struct err *e)
{
	const char *mode = p->server->sql_mode;
	unsigned long long rows = 0;
	size_t i;

	if (strstr(mode, "NO_ZERO_DATE") == NULL ||
	    strstr(mode, "STRICT_") == NULL)
		return 0;
	for (i = 0; i < p->n_pairs; i++) {
		if (p->pair[i].from != NULL ||
		    strncmp(p->pair[i].filler, "'0000-00-00", 11) != 0)
			continue;
		/* MySQL forbids it only for DATE and DATETIME. */
		if (!p->server->mariadb && clock_moment(p->pair[i].to))
			continue;
		if (db_number(db, &rows, e, "SELECT EXISTS (SELECT 1 FROM %s)",
		    p->names.old.sql) != 0)
			return -1;
		if (rows == 0)
			return 0;
		err_set(e, ERR_REFUSED, "column %s would be %s in the rows "
		    "there are, which the server's sql_mode forbids",
		    p->pair[i].to->name.sql, p->pair[i].filler);
		return err_hint(e, "give the column a DEFAULT, or let it be "
		    "NULL");
	}
	return 0;
}

static int
check_conversions(const struct plan *p, struct err *e)
{
	const struct pair *pr;
	size_t i;

	for (i = 0; i < p->n_pairs; i++) {
		pr = &p->pair[i];
		if (pr->from == NULL || !convert_refused(pr->from, pr->to))
			continue;
		err_set(e, ERR_REFUSED, "column %s: %s cannot be copied into "
		    "%s as ALTER TABLE would convert it", pr->to->name.sql,
		    pr->from->type, pr->to->type);
		return err_hint(e, "change it to an integer first");
	}
	return 0;
}

/* What the rows there are, and those that come, would have in a new column. */
static int
check_fillers(const struct plan *p, struct err *e)
{
	const struct column *c;
	size_t i;

	for (i = 0; i < p->new->n_columns; i++) {
		c = &p->new->column[i];
		if (!pair_lacks_value(p, c))
			continue;
		err_set(e, ERR_REFUSED, "column %s is NOT NULL and has no "
		    "DEFAULT, and there is no %s that stands for nothing",
		    c->name.sql, c->type);
		return err_hint(e, "let it be NULL, or give it a DEFAULT");
	}
	return 0;
}

int
check_plan(struct db *db, const struct plan *p, struct err *e)
{
	if (strcasecmp(p->new->engine, "InnoDB") != 0) {
		err_set(e, ERR_REFUSED, "the new table's engine is %s",
		    p->new->engine);
		return err_hint(e, "what the application rolls back would "
		    "stay in it; use the server's own ALTER TABLE");
	}
	return check_conversions(p, e) != 0 ||
	    check_fillers(p, e) != 0 || check_null_moments(db, p, e) != 0 ?
	    -1 : check_zero_dates(db, p, e);
}

/*
 * Was it altered?  Or perhaps truncated: CREATE_TIME tells, but MariaDB may
 * give the time of the file's last name, which comes a moment after the first
 * answer.  So that is a reason to look again, not to refuse.
 */
static int
compare_tables(const struct table *was, const struct table *is, bool *anew,
    struct err *e)
{
	struct str a = STR_INIT, b = STR_INIT;
	bool altered;

	table_definition(&a, was);
	table_definition(&b, is);
	altered = strcmp(a.s, b.s) != 0;
	str_free(&a);
	str_free(&b);
	if (strcmp(was->born, is->born) != 0) {
		log_warn("%s may have been truncated or made anew at %s",
		    was->name.sql, is->born);
		*anew = true;
	}
	if (!altered)
		return 0;
	err_set(e, ERR_REFUSED, "%s was altered by somebody else meanwhile",
	    was->name.sql);
	return err_hint(e, "start again; the swap would have undone that "
	    "change");
}

/* SHOW CREATE TABLE, but for the counter, which goes on. */
static int
same_create(const struct check_input *in, const struct table *was,
    bool *anew, struct err *e)
{
	struct table *is = NULL;
	int rc;

	rc = table_load(&is, in->db, in->server, &was->name, e);
	if (rc == 0)
		rc = compare_tables(was, is, anew, e);
	table_free(is);
	return rc;
}

int
check_unchanged(const struct check_input *in, const struct table *new,
    bool *anew, struct err *e)
{
	struct check_input now = *in;

	now.running = true;
	*anew = false;
	if (same_create(in, in->old, anew, e) != 0 ||
	    same_create(in, new, anew, e) != 0)
		return -1;
	return check_own_fkeys(&now, e) != 0 || check_children(&now, e) != 0 ||
	    check_triggers(&now, e) != 0 ? -1 : 0;
}
