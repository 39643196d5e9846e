#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "../fixture.h"
#include "model/bound.h"

static const char *const types[][3] = {
	/* type, how it is read, the literal of "12" */
	{ "bigint(20) unsigned", "`c`", "12" },
	{ "decimal(10,2)", "`c`", "12" },
	{ "year(4)", "`c`", "12" },
	{ "bit(8)", "`c` + 0", "12" },
	{ "enum('a','b')", "`c` + 0", "12" },
	{ "set('a','b')", "`c` + 0", "12" },
	{ "datetime(6)", "`c`", "'12'" },
	{ "timestamp", "`c`", "'12'" },
	{ "time", "`c`", "'12'" },
	{ "uuid", "`c`", "'12'" },
	{ "inet6", "`c`", "'12'" },
	{ "varbinary(16)", "HEX(`c`)", "x'12'" },
	{ "blob", "HEX(`c`)", "x'12'" },
	{ "varchar(20)", "HEX(`c`)", "_utf8mb4 x'12'" },
};

static void
reads_as(const char *name, const char *type, const char *want)
{
	struct column c = fixture_column(name, type, "collate=utf8mb4_bin");
	struct str s = STR_INIT;

	bound_read(&s, &c);
	assert_string_equal(s.s, want);
	str_free(&s);
	fixture_column_free(&c);
}

static void
each_type_is_read_so_that_nothing_is_lost(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		reads_as("c", types[i][0], types[i][1]);
	reads_as("a`%s", "char(3)", "HEX(`a``%s`)");
}

static void
each_literal_is_of_its_type(void **state)
{
	char value[] = "12", *cell[] = { value };
	struct bound b = BOUND_INIT;
	struct table t;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		memset(&t, 0, sizeof(t));
		column(&t, "c", types[i][0], "collate=utf8mb4_bin");
		primary(&t, "c");
		bound_set(&b, &t, &t.key[0], cell);
		assert_int_equal(b.n, 1);
		assert_string_equal(b.literal[0], types[i][2]);
		fixture_table_end(&t);
	}
	bound_free(&b);
}

/* The parts of a key are not in the order of the columns. */
static void
parts_are_in_the_order_of_the_key(void **state)
{
	char one[] = "-5", two[] = "61", *cell[] = { one, two };
	char none[] = "", *empty[] = { one, none };
	struct bound b = BOUND_INIT;
	struct str s = STR_INIT;
	struct table t;

	(void)state;
	memset(&t, 0, sizeof(t));
	column(&t, "name", "char(5)", "collate=latin1_swedish_ci");
	column(&t, "size", "int(11)", "");
	primary(&t, "size,name");
	bound_set(&b, &t, &t.key[0], cell);
	bound_print(&s, &b);
	assert_string_equal(s.s, "-5, _latin1 x'61'");
	bound_set(&b, &t, &t.key[0], empty);
	str_reset(&s);
	bound_print(&s, &b);
	assert_string_equal(s.s, "-5, _latin1 x''");
	str_free(&s);
	bound_free(&b);
	fixture_table_end(&t);
}

static void
set_text(struct bound *b, const char *text)
{
	char *cell[] = { NULL };
	struct table t;

	memset(&t, 0, sizeof(t));
	column(&t, "id", "int(11)", "");
	primary(&t, "id");
	cell[0] = xstrdup(text);
	bound_set(b, &t, &t.key[0], cell);
	free(cell[0]);
	fixture_table_end(&t);
}

static void
bounds_are_equal_when_their_literals_are(void **state)
{
	struct bound a = BOUND_INIT, b = BOUND_INIT;

	(void)state;
	assert_true(bound_equal(&a, &b));
	set_text(&a, "1");
	assert_false(bound_equal(&a, &b));
	assert_false(bound_equal(&b, &a));
	set_text(&b, "2");
	assert_false(bound_equal(&a, &b));
	set_text(&b, "1");
	assert_true(bound_equal(&a, &b));
	bound_free(&a);
	bound_free(&b);
}

static void
a_copy_stands_alone(void **state)
{
	struct bound a = BOUND_INIT, b = BOUND_INIT;

	(void)state;
	set_text(&a, "1");
	bound_copy(&b, &a);
	set_text(&a, "2");
	assert_string_equal(b.literal[0], "1");
	bound_free(&a);
	assert_string_equal(b.literal[0], "1");
	/* A copy of nothing is nothing. */
	bound_copy(&b, &a);
	assert_null(b.literal);
	assert_int_equal(b.n, 0);
	bound_free(&b);
}

static void
no_bound_prints_nothing(void **state)
{
	struct bound b = BOUND_INIT;
	struct str s = STR_INIT;

	(void)state;
	bound_print(&s, &b);
	assert_string_equal(s.s, "");
	bound_free(&b);
	str_free(&s);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_type_is_read_so_that_nothing_is_lost),
		cmocka_unit_test(each_literal_is_of_its_type),
		cmocka_unit_test(parts_are_in_the_order_of_the_key),
		cmocka_unit_test(bounds_are_equal_when_their_literals_are),
		cmocka_unit_test(a_copy_stands_alone),
		cmocka_unit_test(no_bound_prints_nothing),
	};

	return cmocka_run_group_tests_name("bound", tests, NULL, NULL);
}
