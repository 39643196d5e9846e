#include "server/denied.h"

#include <stdbool.h>
#include <string.h>

#include "base/str.h"

/* What stands between two texts, the first of them that is there. */
static bool
between(struct str *out, const char *text, const char *before,
    const char *after)
{
	const char *from = strstr(text, before), *end;

	if (from == NULL)
		return false;
	from += strlen(before);
	end = strstr(from, after);
	if (end == NULL || end == from)
		return false;
	str_add(out, from, (size_t)(end - from));
	return true;
}

/* "TRIGGER command denied to user": the capitals before it. */
static bool
denied_command(struct str *out, const char *text)
{
	const char *end = strstr(text, " command denied"), *from = end;

	if (end == NULL)
		return false;
	while (from > text && ((from[-1] >= 'A' && from[-1] <= 'Z') ||
	    from[-1] == ',' || from[-1] == ' '))
		from--;
	from += strspn(from, " ");
	if (from < end)
		str_add(out, from, (size_t)(end - from));
	return from < end;
}

static int
need_all(struct err *e, const struct ident *schema, const char *user)
{
	return err_hint(e, "GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, "
	    "DROP, ALTER, TRIGGER, LOCK TABLES ON %s.* TO %s", schema->sql,
	    user);
}

/* MariaDB says `schema`.`table`, MySQL the table alone. */
static int
need_command(struct err *e, const struct ident *schema, const char *user)
{
	struct str what = STR_INIT, where = STR_INIT;
	int rc;

	if (!between(&where, e->text, " for table `", " (error"))
		str_addf(&where, "%s.*", schema->sql);
	else {
		str_reset(&where);
		between(&where, e->text, " for table ", " (error");
	}
	rc = denied_command(&what, e->text) ? err_hint(e,
	    "GRANT %s ON %s TO %s", what.s, where.s, user) :
	    need_all(e, schema, user);
	str_free(&what);
	str_free(&where);
	return rc;
}

/* "SUPER or SYSTEM_VARIABLES_ADMIN", "SUPER, BINLOG ADMIN": one will do. */
static int
need_global(struct err *e, const char *user)
{
	struct str list = STR_INIT;
	const char *one, *p;

	if (!between(&list, e->text, "(at least one of) the ", " privilege"))
		str_addz(&list, "SUPER");
	one = list.s;
	while ((p = strstr(one, " or ")) != NULL)
		one = p + 4;
	while ((p = strstr(one, ", ")) != NULL)
		one = p + 2;
	err_hint(e, "GRANT %s ON *.* TO %s", one, user);
	str_free(&list);
	return -1;
}

/* 1290 names the option, with "-" or "_". */
static int
stop_setting(struct err *e)
{
	static const struct {
		const char *option, *hint;
	} known[] = {
		{ "super", "the server is read-only for every account, as a "
		    "replica is; connect to the source, or SET GLOBAL "
		    "super_read_only = OFF, read_only = OFF" },
		{ "read", "the server is read-only, as a replica is; connect "
		    "to the source, or SET GLOBAL read_only = OFF" },
		{ "skip-grant", "the server was started with "
		    "--skip-grant-tables; FLUSH PRIVILEGES, or restart it "
		    "without" },
		{ "secure-file", "secure_file_priv of the server says which "
		    "directories files may be in" },
		{ "innodb-read", "the server was started with "
		    "--innodb-read-only; restart it without" },
	};
	struct str name = STR_INIT;
	size_t i, n = sizeof(known) / sizeof(known[0]);
	char *p;

	between(&name, e->text, "running with the --", " option");
	for (p = name.s; *p != '\0'; p++)
		if (*p == '_')
			*p = '-';
	for (i = 0; i < n; i++)
		if (strncmp(name.s, known[i].option,
		    strlen(known[i].option)) == 0)
			break;
	if (i < n)
		err_hint(e, "%s", known[i].hint);
	else
		err_hint(e, "an option of the server forbids it; no privilege "
		    "allows it");
	str_free(&name);
	return -1;
}

int
denied_hint(struct err *e, const struct ident *schema, const char *user)
{
	switch (e->sqlno) {
	case 1142:
	case 1143:
		return need_command(e, schema, user);
	case 1227:
		return need_global(e, user);
	case 1290:
		return stop_setting(e);
	case 1370:
		return err_hint(e, "GRANT EXECUTE ON %s.* TO %s", schema->sql,
		    user);
	case 1419:
		return err_hint(e, "with binary logging, triggers need SUPER "
		    "or log_bin_trust_function_creators: SET GLOBAL "
		    "log_bin_trust_function_creators = 1");
	case 1836:
	case 1874:
		return err_hint(e, "the server, or InnoDB, is read-only; "
		    "connect to one that is not");
	case 3989:
		return err_hint(e, "ALTER SCHEMA %s READ ONLY = 0",
		    schema->sql);
	default:
		return need_all(e, schema, user);
	}
}

int
denied_definer(struct err *e, const struct ident *schema, const char *definer)
{
	switch (e->sqlno) {
	case 1449:
		e->kind = ERR_NEEDS;
		return err_hint(e, "CREATE USER %s ACCOUNT LOCK, or name an "
		    "account that exists; it is not used to log in",
		    definer);
	case 1142:
	case 1143:
		e->kind = ERR_NEEDS;
		return err_hint(e, "GRANT SELECT, INSERT, UPDATE, DELETE, "
		    "TRIGGER ON %s.* TO %s, not to a role: triggers ignore "
		    "roles on MariaDB, and use only default roles on MySQL",
		    schema->sql, definer);
	default:
		return -1;
	}
}
