/* Which filters of replication part the tables that a run makes. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "base/util.h"
#include "model/filters.h"

static bool
parts(enum filter by, const char *list, bool any_case)
{
	struct filters f = { .any_case = any_case };
	struct str why = STR_INIT;
	struct fkeys none = FKEYS_INIT;
	struct names n;
	struct err e;
	bool yes;

	memset(&n, 0, sizeof(n));
	assert_int_equal(qname_set(&n.old, "app", "t", &e), 0);
	names_derive(&n);
	f.list[by] = xstrdup(list);
	yes = filters_part(&why, &f, "replicate_", &n, &none);
	assert_int_equal(yes, why.len > 0);
	if (yes)
		assert_non_null(strstr(why.s, filters_word(by)));
	str_free(&why);
	filters_free(&f);
	return yes;
}

static void
each_table_that_is_made_counts(void **state)
{
	struct qname made;
	struct str list = STR_INIT;
	struct names n;
	struct err e;
	size_t i;

	(void)state;
	memset(&n, 0, sizeof(n));
	assert_int_equal(qname_set(&n.old, "app", "t", &e), 0);
	names_derive(&n);
	for (i = 0; names_made(&made, &n, i); i++) {
		str_reset(&list);
		str_addf(&list, "app.other,app.%s", made.table.raw);
		assert_true(parts(FILTER_IGNORE_TABLE, list.s, false));
		assert_true(parts(FILTER_WILD_IGNORE_TABLE, list.s, false));
	}
	assert_true(i >= 7);
	str_free(&list);
}

static void
databases(void **state)
{
	static const struct {
		enum filter by;
		const char *list;
		bool parts;
	} c[] = {
		{ FILTER_DO_DB, "", false },
		{ FILTER_DO_DB, "app", true },
		{ FILTER_DO_DB, "x", true },
		{ FILTER_IGNORE_DB, "", false },
		{ FILTER_IGNORE_DB, "app", true },
		{ FILTER_IGNORE_DB, "x", true },
		{ FILTER_REWRITE_DB, "app->b", true },
		{ FILTER_REWRITE_DB, "x->b,app->b", true },
		{ FILTER_REWRITE_DB, "b->app", false },
		{ FILTER_REWRITE_DB, "(app,b)", true },
		{ FILTER_REWRITE_DB, "(x,y),(app,b)", true },
		{ FILTER_REWRITE_DB, "(b,app)", false },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(c) / sizeof(c[0]); i++)
		if (parts(c[i].by, c[i].list, false) != c[i].parts)
			fail_msg("%s=%s", filters_word(c[i].by), c[i].list);
	assert_false(parts(FILTER_REWRITE_DB, "App->b", false));
	assert_true(parts(FILTER_REWRITE_DB, "App->b", true));
}

static void
tables(void **state)
{
	static const struct {
		enum filter by;
		const char *list;
		bool parts;
	} c[] = {
		{ FILTER_DO_TABLE, "app.t", true },
		{ FILTER_DO_TABLE, "app.x", false },
		{ FILTER_DO_TABLE, "app.t,app._t_new", true },
		{ FILTER_IGNORE_TABLE, "app.t", true },
		{ FILTER_IGNORE_TABLE, "app.x", false },
		{ FILTER_WILD_DO_TABLE, "app.t", true },
		{ FILTER_WILD_DO_TABLE, "app.%", false },
		{ FILTER_WILD_DO_TABLE, "a__.%", false },
		{ FILTER_WILD_DO_TABLE, "x.%,app.%", false },
		{ FILTER_WILD_DO_TABLE, "app.%t%", false },
		{ FILTER_WILD_DO_TABLE, "app.t%,app.\\_t\\_%", true },
		{ FILTER_WILD_DO_TABLE, "x.%", false },
		{ FILTER_WILD_IGNORE_TABLE, "app.t%", true },
		{ FILTER_WILD_IGNORE_TABLE, "app.\\_%", true },
		{ FILTER_WILD_IGNORE_TABLE, "app.\\_x%", false },
		{ FILTER_WILD_IGNORE_TABLE, "%.%", false },
		{ FILTER_WILD_IGNORE_TABLE, "%.\\_%", true },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(c) / sizeof(c[0]); i++)
		if (parts(c[i].by, c[i].list, false) != c[i].parts)
			fail_msg("%s=%s", filters_word(c[i].by), c[i].list);
	assert_true(parts(FILTER_WILD_DO_TABLE, "APP.T", true));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_table_that_is_made_counts),
		cmocka_unit_test(databases),
		cmocka_unit_test(tables),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
