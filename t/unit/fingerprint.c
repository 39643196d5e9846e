#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "model/fingerprint.h"

static void
compare(const char *was, const char *is, bool same, const char *want)
{
	struct str print = STR_INIT, why = STR_INIT;

	fingerprint_add(&print, was);
	assert_int_equal(fingerprint_same(print.s, is, &why), same);
	assert_string_equal(why.s, want);
	str_free(&print);
	str_free(&why);
}

static void
tells_what_differs(void **state)
{
	(void)state;
	compare("a\nb\nc", "a\nb\nc", true, "");
	compare("", "", true, "");
	compare("a\nb\nc", "a\nx y\nc", false,
	    "now: x y; 1 line of before is gone");
	compare("a\nb\nc", "a\nb\nc\nd", false, "now: d");
	compare("a\nb\nc", "a", false, "2 lines of before are gone");
	compare("a\nb", "b\na", false, "the order of its lines");
	compare("a", "1\n2\n3\n4\n5\na", false, "now: 1; 2; 3");
}

static void
a_print_that_is_none_differs(void **state)
{
	struct str why = STR_INIT;

	(void)state;
	assert_false(fingerprint_same("", "a", &why));
	assert_string_equal(why.s, "now: a");
	str_reset(&why);
	assert_false(fingerprint_same("xyz", "a", &why));
	str_free(&why);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_what_differs),
		cmocka_unit_test(a_print_that_is_none_differs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
