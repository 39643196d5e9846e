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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lists_split_at_commas_that_are_not_escaped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
