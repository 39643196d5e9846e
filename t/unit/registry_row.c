#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/text_list.h"
#include "model/registry_row.h"

static void
lists_hold_anything(void **state)
{
	static const char *const text[] = { "", "a", "1:x\n", "\n\n",
	    "CREATE TRIGGER t ... BEGIN\n  SET NEW.a = '12:';\nEND" };
	struct str list = STR_INIT;
	const char *rest;
	char *got;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(text) / sizeof(text[0]); i++)
		text_list_add(&list, text[i]);
	rest = list.s;
	for (i = 0; i < sizeof(text) / sizeof(text[0]); i++) {
		got = text_list_next(&rest);
		assert_non_null(got);
		assert_string_equal(got, text[i]);
		free(got);
	}
	assert_string_equal(rest, "");
	assert_null(text_list_next(&rest));
	str_free(&list);
}

static void
what_is_no_list_is_not_read(void **state)
{
	static const char *const text[] = { "", "x", ":a\n", "3:ab\n", "1:ab\n",
	    "-1:a\n", "99999999999999999999:a\n", "2:ab", "1", "1:" };
	const char *rest;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(text) / sizeof(text[0]); i++) {
		rest = text[i];
		assert_null(text_list_next(&rest));
		assert_ptr_equal(rest, text[i]);
	}
}

static void
only_literals_are_literals(void **state)
{
	static const char *const good[] = { "1", "-12", "12.50", "1e10",
	    "-.5e-3",
	    "x''", "x'00fF'", "_utf8mb4 x'c3a4'", "_latin1 x''",
	    "'2026-01-01 00:00:00.5'", "'0d5a5e0e-7a1c-11f0-0000-0242ac110002'",
	    "'::1'" };
	static const char *const bad[] = { "", "1 OR 1", "1;", "a", "''a''",
	    "x'0g'", "_utf8 'a'", "_utf8 x'61' OR 1", "'a', (SELECT 1)",
	    "'\\''", "1/1", "1--", "--1", "-", "1e", "e",
	    "1.2.3", ".", "_u;x x'61'", "'", "x'" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_true(registry_row_is_literal(good[i]));
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(registry_row_is_literal(bad[i]));
}

static void
every_field_is_a_column(void **state)
{
	struct str create = STR_INIT, select = STR_INIT;
	struct qname name;
	struct err e;
	int f;

	(void)state;
	assert_int_equal(qname_set(&name, "a`b", REGISTRY_NAME, &e), 0);
	registry_row_create(&create, &name);
	registry_row_select(&select, 100);
	assert_non_null(strstr(create.s, "`a``b`.`_livealter`"));
	for (f = 0; f < REGISTRY_AGE; f++) {
		assert_non_null(registry_row_column((enum registry_field)f));
		assert_non_null(strstr(create.s,
		    registry_row_column((enum registry_field)f)));
		assert_non_null(strstr(select.s,
		    registry_row_column((enum registry_field)f)));
	}
	str_free(&create);
	str_free(&select);
}

static void
a_state_is_known_by_its_word(void **state)
{
	struct registry_row r;
	int s;

	(void)state;
	memset(&r, 0, sizeof(r));
	for (s = 0; s < N_STATES; s++) {
		r.field[REGISTRY_STATE] = strdup(
		    registry_row_state_word((enum migration_state)s));
		assert_int_equal(registry_row_state(&r), s);
		assert_int_equal(registry_row_is_done(&r), s >=
		    STATE_REVERTIBLE);
		registry_row_free(&r);
	}
	r.field[REGISTRY_STATE] = strdup("Copying");
	assert_int_equal(registry_row_state(&r), N_STATES);
	assert_false(registry_row_is_done(&r));
	registry_row_free(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lists_hold_anything),
		cmocka_unit_test(what_is_no_list_is_not_read),
		cmocka_unit_test(only_literals_are_literals),
		cmocka_unit_test(every_field_is_a_column),
		cmocka_unit_test(a_state_is_known_by_its_word),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
