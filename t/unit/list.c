#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/list.h"

static void
lists_split_at_commas_that_are_not_escaped(void **state)
{
	static const char *const want[] = { "a=1", "b=x,y", "", "c" };
	const char *rest = "a=1, b=x\\,y ,,c";
	char *item;
	size_t i;

	(void)state;
	for (i = 0; rest != NULL; i++) {
		item = list_next(&rest);
		assert_string_equal(item, want[i]);
		free(item);
	}
	assert_int_equal(i, 4);
}

static void
what_is_added_comes_back(void **state)
{
	static const char *const item[] = { "a,b", "ends by \\", "\\", "c" };
	struct str list = STR_INIT;
	const char *rest;
	char *got;
	size_t i;

	(void)state;
	for (i = 0; i < 4; i++)
		list_add(&list, item[i]);
	rest = list.s;
	for (i = 0; i < 4; i++) {
		assert_non_null(rest);
		got = list_next(&rest);
		assert_string_equal(got, item[i]);
		free(got);
	}
	assert_null(rest);
	str_free(&list);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_added_comes_back),
		cmocka_unit_test(lists_split_at_commas_that_are_not_escaped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
