#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "server/db.h"
#include "server/denied.h"

#define ALL "GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, ALTER, " \
	"TRIGGER, LOCK TABLES ON `app`.* TO 'u'@'%'"

/* What the servers say, each with the hint for it; NULL: the number's own. */
static const struct {
	unsigned int sqlno;
	const char *text, *hint;
} said[] = {
	{ 1044, "Access denied for user 'u'@'%' to database 'app' "
	    "(error 1044)", ALL },
	{ 1142, "TRIGGER command denied to user 'u'@'localhost' for table 't' "
	    "(error 1142)", "GRANT TRIGGER ON `app`.* TO 'u'@'%'" },
	{ 1142, "create: ALTER command denied to user 'u'@'localhost' for "
	    "table `e`.`t` (error 1142)", "GRANT ALTER ON `e`.`t` TO 'u'@'%'" },
	{ 1142, "x: SELECT, INSERT command denied to user 'u'@'h' for table "
	    "'t' (error 1142)", "GRANT SELECT, INSERT ON `app`.* TO 'u'@'%'" },
	{ 1142, "it is said in another way (error 1142)", ALL },
	{ 1143, "SELECT command denied to user 'u'@'h' for column 'c' in "
	    "table 't' (error 1143)", "GRANT SELECT ON `app`.* TO 'u'@'%'" },
	{ 1227, "Access denied; you need (at least one of) the SUPER or "
	    "SYSTEM_VARIABLES_ADMIN privilege(s) for this operation",
	    "GRANT SYSTEM_VARIABLES_ADMIN ON *.* TO 'u'@'%'" },
	{ 1227, "Access denied; you need (at least one of) the SUPER, "
	    "READ_ONLY ADMIN privilege(s) for this operation",
	    "GRANT READ_ONLY ADMIN ON *.* TO 'u'@'%'" },
	{ 1227, "", "GRANT SUPER ON *.* TO 'u'@'%'" },
	{ 1290, "The MySQL server is running with the --super-read-only option"
	    " so it cannot", "SET GLOBAL super_read_only = OFF" },
	{ 1290, "The MariaDB server is running with the --read-only option so",
	    "SET GLOBAL read_only = OFF" },
	{ 1290, "The MySQL server is running with the --read_only option so",
	    "SET GLOBAL read_only = OFF" },
	{ 1290, "The MySQL server is running with the --skip-grant-tables "
	    "option so", "--skip-grant-tables" },
	{ 1290, "The MySQL server is running with the --secure-file-priv "
	    "option so", "secure_file_priv" },
	{ 1290, "The MySQL server is running with the --other option so",
	    "no privilege allows it" },
	{ 1290, "", "no privilege allows it" },
	{ 1370, "execute command denied to user 'u'@'%' for routine 'app.f'",
	    "GRANT EXECUTE ON `app`.* TO 'u'@'%'" },
	{ 1419, "You do not have the SUPER privilege and binary logging is "
	    "enabled", "log_bin_trust_function_creators = 1" },
	{ 1836, "Running in read-only mode", "is read-only" },
	{ 1874, "InnoDB is in read only mode.", "is read-only" },
	{ 3989, "Schema 'app' is in read only mode.",
	    "ALTER SCHEMA `app` READ ONLY = 0" },
};

static void
what_is_denied_has_a_hint_that_helps(void **state)
{
	struct ident schema;
	struct err e;
	size_t i;

	(void)state;
	assert_int_equal(ident_set(&schema, "app", &e), 0);
	for (i = 0; i < sizeof(said) / sizeof(said[0]); i++) {
		err_set(&e, ERR_SQL, "%s", said[i].text);
		e.sqlno = said[i].sqlno;
		denied_hint(&e, &schema, "'u'@'%'");
		if (strstr(e.hint, said[i].hint) == NULL)
			fail_msg("%u: %s", said[i].sqlno, e.hint);
		if (said[i].sqlno == 1290)
			assert_null(strstr(e.hint, "GRANT SELECT"));
	}
}

/* Every number of the class has been thought of here. */
static void
no_number_is_forgotten(void **state)
{
	unsigned int no;
	size_t i, n = sizeof(said) / sizeof(said[0]);

	(void)state;
	for (no = 1000; no < 20000; no++) {
		for (i = 0; i < n && said[i].sqlno != no; i++)
			;
		if ((db_class(no) == DB_DENIED) != (i < n))
			fail_msg("%u", no);
	}
}

/* Of the definer's rights, not of the account's that logs in. */
static void
a_definer_is_helped_as_well(void **state)
{
	struct { unsigned int sqlno; const char *hint; } known[] = {
		{ 1142, "TRIGGER ON `app`.* TO `d`@`%`" },
		{ 1143, "TRIGGER ON `app`.* TO `d`@`%`" },
		{ 1449, "CREATE USER `d`@`%`" }, { 1064, NULL },
	};
	struct ident schema;
	struct err e;
	size_t i;

	(void)state;
	assert_int_equal(ident_set(&schema, "app", &e), 0);
	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		err_set(&e, ERR_SQL, "said by the server");
		e.sqlno = known[i].sqlno;
		denied_definer(&e, &schema, "`d`@`%`");
		assert_int_equal(e.kind, known[i].hint != NULL ? ERR_NEEDS :
		    ERR_SQL);
		if (known[i].hint != NULL)
			assert_non_null(strstr(e.hint, known[i].hint));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_denied_has_a_hint_that_helps),
		cmocka_unit_test(no_number_is_forgotten),
		cmocka_unit_test(a_definer_is_helped_as_well),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
