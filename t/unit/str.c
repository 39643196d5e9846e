#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/str.h"

static void
an_empty_string_can_be_read(void **state)
{
	struct str s = STR_INIT;
	char *taken;

	(void)state;
	assert_string_equal(s.s, "");
	assert_int_equal(s.len, 0);
	str_reset(&s);
	str_free(&s);
	assert_string_equal(s.s, "");
	taken = str_take(&s);
	assert_string_equal(taken, "");
	free(taken);
}

static void
text_is_appended(void **state)
{
	struct str s = STR_INIT;

	(void)state;
	str_addz(&s, "one");
	str_add(&s, ", two and more", 5);
	str_addf(&s, ", %d%%%s", 3, "!");
	assert_string_equal(s.s, "one, two, 3%!");
	assert_int_equal(s.len, strlen(s.s));
	str_addz(&s, "");
	str_addf(&s, "%s", "");
	assert_int_equal(s.len, 13);
	str_free(&s);
}

static void
formats_in_values_are_text(void **state)
{
	struct str s = STR_INIT;

	(void)state;
	str_addz(&s, "%s%n");
	str_addf(&s, "%s", "%s%n");
	assert_string_equal(s.s, "%s%n%s%n");
	str_free(&s);
}

static void
nul_bytes_are_kept(void **state)
{
	struct str s = STR_INIT;

	(void)state;
	str_add(&s, "a\0b", 3);
	str_addz(&s, "c");
	assert_int_equal(s.len, 4);
	assert_memory_equal(s.s, "a\0bc", 5);
	str_free(&s);
}

/* Every length around every size the memory may have. */
static void
it_grows_as_it_must(void **state)
{
	struct str s = STR_INIT, f = STR_INIT;
	size_t i;

	(void)state;
	for (i = 1; i <= 5000; i++) {
		str_add(&s, "x", 1);
		str_addf(&f, "%c", 'x');
		assert_int_equal(s.len, i);
		assert_int_equal(s.s[i], '\0');
		assert_int_equal(f.s[i], '\0');
	}
	assert_int_equal(strlen(s.s), 5000);
	assert_string_equal(s.s, f.s);
	str_reset(&f);
	str_addf(&f, "%s%s", s.s, s.s);
	assert_int_equal(f.len, 10000);
	str_free(&s);
	str_free(&f);
}

static void
lengths_that_just_fit_do_fit(void **state)
{
	char text[300];
	struct str s;
	size_t i;

	(void)state;
	memset(text, 'x', sizeof(text));
	for (i = 100; i < sizeof(text); i++) {
		struct str empty = STR_INIT;

		s = empty;
		str_addf(&s, "%.*s", (int)i, text);
		assert_int_equal(s.len, i);
		assert_int_equal(strlen(s.s), i);
		str_free(&s);
		str_add(&s, text, i);
		assert_int_equal(strlen(s.s), i);
		str_free(&s);
	}
}

static void
reset_starts_over_in_the_same_memory(void **state)
{
	struct str s = STR_INIT;
	const char *was;

	(void)state;
	str_addz(&s, "something");
	was = s.s;
	str_reset(&s);
	assert_int_equal(s.len, 0);
	assert_string_equal(s.s, "");
	str_addz(&s, "else");
	assert_ptr_equal(s.s, was);
	assert_string_equal(s.s, "else");
	str_free(&s);
}

static void
what_is_taken_is_the_callers(void **state)
{
	struct str s = STR_INIT;
	char *taken;

	(void)state;
	str_addz(&s, "mine");
	taken = str_take(&s);
	assert_string_equal(s.s, "");
	str_addz(&s, "yours");
	assert_string_equal(taken, "mine");
	assert_string_equal(s.s, "yours");
	free(taken);
	str_free(&s);
}

static void
a_freed_string_may_be_used_again(void **state)
{
	struct str s = STR_INIT;

	(void)state;
	str_addz(&s, "one");
	str_free(&s);
	str_free(&s);
	assert_string_equal(s.s, "");
	str_addz(&s, "two");
	assert_string_equal(s.s, "two");
	str_free(&s);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_string_can_be_read),
		cmocka_unit_test(text_is_appended),
		cmocka_unit_test(formats_in_values_are_text),
		cmocka_unit_test(nul_bytes_are_kept),
		cmocka_unit_test(it_grows_as_it_must),
		cmocka_unit_test(lengths_that_just_fit_do_fit),
		cmocka_unit_test(reset_starts_over_in_the_same_memory),
		cmocka_unit_test(what_is_taken_is_the_callers),
		cmocka_unit_test(a_freed_string_may_be_used_again),
	};

	return cmocka_run_group_tests_name("str", tests, NULL, NULL);
}
