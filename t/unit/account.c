#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/account.h"

static void
is_account(const char *text, const char *want)
{
	struct account a;
	struct err e;

	assert_int_equal(account_set(&a, text, &e), 0);
	assert_string_equal(a.sql, want);
}

static void
is_none(const char *text)
{
	struct account a;
	struct err e;

	assert_int_equal(account_set(&a, text, &e), -1);
	assert_int_equal(e.kind, ERR_USAGE);
}

static void
the_host_follows_the_last_at(void **state)
{
	(void)state;
	is_account("u", "`u`@`%`");
	is_account("u@localhost", "`u`@`localhost`");
	is_account("u@10.0.0.0/255.0.0.0", "`u`@`10.0.0.0/255.0.0.0`");
	is_account("u@example.com@%", "`u@example.com`@`%`");
	is_account("a b", "`a b`@`%`");
}

static void
nothing_gets_out_of_its_quotes(void **state)
{
	(void)state;
	is_account("u` TRIGGER x", "`u`` TRIGGER x`@`%`");
	is_account("u@`h`", "`u`@```h```");
	is_account("'u'@\"h\"", "`'u'`@`\"h\"`");
}

static void
a_part_that_is_no_name_is_refused(void **state)
{
	char longer[67];

	(void)state;
	is_none("");
	is_none("@");
	is_none("@localhost");
	is_none("u@");
	is_none("u\xff@h");
	is_none("u@\xf0\x9f\x98\x80");
	memset(longer, 'x', 65);
	longer[65] = '\0';
	is_none(longer);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_host_follows_the_last_at),
		cmocka_unit_test(nothing_gets_out_of_its_quotes),
		cmocka_unit_test(a_part_that_is_no_name_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
