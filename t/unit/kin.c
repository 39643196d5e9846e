#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/str.h"
#include "model/kin.h"

static void
fails(const char *text)
{
	char mode[] = "", *create = strdup(text);
	struct kin_trigger t = { .sql_mode = mode, .create = create };
	struct str q = STR_INIT;
	struct qname table;
	struct err e;

	assert_int_equal(qname_set(&table, "d", "t", &e), 0);
	assert_int_equal(kin_trigger_before(&q, &t, NULL, &e), -1);
	assert_int_equal(kin_trigger_on(&q, &t, &table, &table, &e), -1);
	assert_string_equal(q.s, "");
	str_free(&q);
	free(create);
}

/* The server's answer is not believed to be complete. */
static void
a_text_that_ends_early_is_not_understood(void **state)
{
	static const char whole[] = "CREATE TRIGGER a.b BEFORE INSERT ON c.d "
	    "FOR EACH ROW";
	char *text;
	size_t len;

	(void)state;
	for (len = 0; len < sizeof(whole) - 2; len++) {
		text = strndup(whole, len);
		fails(text);
		free(text);
	}
	fails("CREATE TRIGGER IF");
	fails("TRIGGER");
	fails("CREATE TRIGGER a BEFORE INSERT ON c FOR ALL ROWS");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_text_that_ends_early_is_not_understood),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
