#include "steps/privileges.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"

#define MAKE (PRIVILEGES_RUN | PRIVILEGES_TURN)
#define TAKE (PRIVILEGES_CLEAN | MAKE)

/* Each, with what it is needed for, and whether triggers need it. */
static const struct {
	const char *name;
	unsigned int use;
	bool in_triggers;
} needed[] = {
	{ "SELECT", PRIVILEGES_SEE | PRIVILEGES_TELL | TAKE, true },
	{ "INSERT", MAKE, true },
	{ "UPDATE", PRIVILEGES_TELL | TAKE, true },
	{ "DELETE", TAKE, true },
	{ "CREATE", MAKE, false },
	{ "DROP", TAKE, false },
	{ "ALTER", MAKE, false },
	{ "TRIGGER", PRIVILEGES_SEE | TAKE, true },
	{ "LOCK TABLES", TAKE, false },
	{ "REFERENCES", PRIVILEGES_TURN, false },
};

#define N_NEEDED (sizeof(needed) / sizeof(needed[0]))

/* Was the account itself granted this, on whatever level? */
static int
has_privilege(struct db *db, const struct qname *t, const char *what,
    bool *yes, struct err *e)
{
	struct str schema = STR_INIT, table = STR_INIT;
	unsigned long long n = 0;
	int rc;

	db_literal(&schema, db, t->db.raw);
	db_literal(&table, db, t->table.raw);
	rc = db_number(db, &n, e,
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

static bool
is_needed(const struct server *s, size_t i, enum privileges what, bool role)
{
	if (s->mariadb && needed[i].use == PRIVILEGES_TURN)
		return false;
	return (needed[i].use & what) != 0 && (!role || needed[i].in_triggers);
}

static int
lacks(const struct server *s, const struct qname *table, const char *missing,
    const char *role, struct err *e)
{
	const char *schema = table->db.sql;

	if (role == NULL)
		err_set(e, ERR_NEEDS, "%s lacks privileges on %s: %s", s->user,
		    schema, missing);
	else
		err_set(e, ERR_NEEDS, "%s has privileges on %s by the role %s "
		    "only, and MariaDB's triggers run without it: statements "
		    "of applications would fail (error 1142): %s", s->user,
		    schema, role, missing);
	return err_hint(e, "GRANT %s ON %s.* TO %s", missing, schema, s->user);
}

int
privileges_check(struct db *db, const struct qname *table, enum privileges what,
    struct err *e)
{
	const struct server *s = db_server(db);
	struct str missing = STR_INIT;
	char *role = NULL;
	size_t i, n = N_NEEDED;
	bool yes;
	int rc;

	rc = db_value(db, &role, e, "SELECT NULLIF(CURRENT_ROLE(), 'NONE')");
	if (role != NULL && (!s->mariadb || !(what & MAKE)))
		n = 0;
	for (i = 0; i < n && rc == 0; i++) {
		if (!is_needed(s, i, what, role != NULL))
			continue;
		rc = has_privilege(db, table, needed[i].name, &yes, e);
		if (rc == 0 && !yes)
			str_addf(&missing, "%s%s",
			    missing.len > 0 ? ", " : "", needed[i].name);
	}
	if (rc == 0 && missing.len > 0)
		rc = lacks(s, table, missing.s, role, e);
	free(role);
	str_free(&missing);
	return rc;
}

int
privileges_blame(struct db *db, const struct qname *table, enum privileges what,
    struct err *e)
{
	struct err e2 = { .kind = ERR_NONE };

	if (e->kind != ERR_SQL && e->kind != ERR_REFUSED)
		return -1;
	if (privileges_check(db, table, what, &e2) != 0 && e2.kind == ERR_NEEDS)
		*e = e2;
	return -1;
}
