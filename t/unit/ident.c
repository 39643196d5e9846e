#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/ident.h"
#include "base/str.h"

#define EURO "\xe2\x82\xac"

/* The same text, n times; the caller frees it. */
static char *
repeat(const char *text, size_t n)
{
	struct str s = STR_INIT;

	while (n-- > 0)
		str_addz(&s, text);
	return str_take(&s);
}

static size_t
characters(const char *s)
{
	size_t n = 0;

	for (; *s != '\0'; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	return n;
}

static void
quotes_as(const char *name, const char *want)
{
	struct ident id;
	struct err e;

	assert_int_equal(ident_set(&id, name, &e), 0);
	assert_string_equal(id.raw, name);
	assert_string_equal(id.sql, want);
}

static void
a_name_is_always_quoted(void **state)
{
	(void)state;
	quotes_as("t", "`t`");
	quotes_as("select", "`select`");
	quotes_as("a b", "`a b`");
	quotes_as("a.b", "`a.b`");
	quotes_as("%s%n", "`%s%n`");
	quotes_as("'\"\\", "`'\"\\`");
}

static void
a_backtick_is_doubled(void **state)
{
	(void)state;
	quotes_as("a`b", "`a``b`");
	quotes_as("`", "````");
	quotes_as("``", "``````");
	quotes_as("`; DROP TABLE t; -- ", "```; DROP TABLE t; -- `");
}

static void
the_longest_names_fit_quoted(void **state)
{
	static const char *const text[] = { EURO, "`", "x" };
	struct ident id;
	struct err e;
	char *name;
	size_t i, quoted;

	(void)state;
	for (i = 0; i < sizeof(text) / sizeof(text[0]); i++) {
		name = repeat(text[i], IDENT_CHARS);
		assert_int_equal(ident_set(&id, name, &e), 0);
		assert_string_equal(id.raw, name);
		quoted = strlen(name) * (text[i][0] == '`' ? 2 : 1) + 2;
		assert_int_equal(strlen(id.sql), quoted);
		assert_true(quoted < sizeof(id.sql));
		assert_int_equal(id.sql[0], '`');
		assert_int_equal(id.sql[quoted - 1], '`');
		free(name);
	}
}

static void
two_longest_names_fit_with_a_dot(void **state)
{
	char *name = repeat(EURO, IDENT_CHARS);
	struct qname q;
	struct err e;

	(void)state;
	assert_int_equal(qname_set(&q, name, name, &e), 0);
	assert_int_equal(strlen(q.sql), 2 * (strlen(name) + 2) + 1);
	free(name);
	name = repeat("`", IDENT_CHARS);
	assert_int_equal(qname_set(&q, name, name, &e), 0);
	assert_int_equal(strlen(q.sql), 2 * (2 * strlen(name) + 2) + 1);
	free(name);
	assert_true(sizeof(q.sql) > 2 * (2 * IDENT_BYTES + 2) + 1);
}

static void
what_is_no_name_is_refused(void **state)
{
	static const char *const text[] = { EURO, "`", "x" };
	struct ident id;
	struct err e;
	char *name;
	size_t i;

	(void)state;
	assert_int_equal(ident_set(&id, "", &e), -1);
	assert_int_equal(e.kind, ERR_USAGE);
	for (i = 0; i < sizeof(text) / sizeof(text[0]); i++) {
		name = repeat(text[i], IDENT_CHARS + 1);
		assert_int_equal(ident_set(&id, name, &e), -1);
		assert_int_equal(e.kind, ERR_USAGE);
		free(name);
	}
	/* A character of four bytes, which MySQL takes for another name. */
	assert_int_equal(ident_set(&id, "\xf0\x9f\x90\xac", &e), -1);
}

/* 64 of them are all that a name may have; the rest counts as none. */
static void
what_is_not_utf8_is_refused(void **state)
{
	static const char *const rest[] = { "\x80", "\xbf", "\xc3", "\xff",
	    "\xed\xa0\x80", "\xc0\x80" };
	struct ident id;
	struct err e;
	struct str s = STR_INIT;
	size_t i, n;

	(void)state;
	for (i = 0; i < sizeof(rest) / sizeof(rest[0]); i++)
		for (n = 1; n <= 128; n *= 2) {
			char *ticks = repeat("`", IDENT_CHARS - 1);
			char *more = repeat(rest[i], n);

			str_reset(&s);
			str_addf(&s, "%s%s", ticks, more);
			assert_int_equal(ident_set(&id, s.s, &e), -1);
			assert_int_equal(e.kind, ERR_USAGE);
			free(ticks);
			free(more);
		}
	str_free(&s);
}

static void
either_half_of_a_qualified_name_may_be_wrong(void **state)
{
	struct qname q;
	struct err e;

	(void)state;
	assert_int_equal(qname_set(&q, "", "t", &e), -1);
	assert_int_equal(qname_set(&q, "d", "", &e), -1);
	assert_int_equal(qname_set(&q, "d`", "t.u", &e), 0);
	assert_string_equal(q.sql, "`d```.`t.u`");
}

static void
a_table_beside_another_is_in_its_database(void **state)
{
	struct qname q, beside;
	struct ident id;
	struct err e;

	(void)state;
	assert_int_equal(qname_set(&q, "d", "t", &e), 0);
	ident_derive(&id, "_", "t", "_new");
	qname_beside(&beside, &q, &id);
	assert_string_equal(beside.sql, "`d`.`_t_new`");
	/* It may be put in the place of the first. */
	qname_beside(&q, &q, &id);
	assert_string_equal(q.sql, "`d`.`_t_new`");
}

static void
a_short_name_is_derived_whole(void **state)
{
	struct ident id;
	char *name = repeat("x", IDENT_CHARS - 5);

	(void)state;
	ident_derive(&id, "_", "a`b", "_new");
	assert_string_equal(id.raw, "_a`b_new");
	assert_string_equal(id.sql, "`_a``b_new`");
	ident_derive(&id, "", "t", "");
	assert_string_equal(id.raw, "t");
	ident_derive(&id, "_", name, "_new");
	assert_int_equal(characters(id.raw), IDENT_CHARS);
	assert_non_null(strstr(id.raw, name));
	free(name);
}

static void
a_long_name_is_derived_cut(void **state)
{
	static const char *const text[] = { EURO, "`", "x" };
	struct ident id;
	char *name;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(text) / sizeof(text[0]); i++) {
		name = repeat(text[i], IDENT_CHARS);
		ident_derive(&id, "livealter_", name, "_upd");
		/* As a file name, five bytes for each but an x. */
		assert_int_equal(characters(id.raw),
		    text[i][0] == 'x' ? IDENT_CHARS : 200 / 5);
		assert_memory_equal(id.raw, "livealter_", 10);
		assert_string_equal(id.raw + strlen(id.raw) - 4, "_upd");
		/* No character is cut in two. */
		assert_memory_equal(id.raw + strlen(id.raw) - 13 -
		    strlen(text[i]), text[i], strlen(text[i]));
		assert_true(strlen(id.sql) < sizeof(id.sql));
		free(name);
	}
}

static void
derived_names_are_stable_and_differ(void **state)
{
	char *a = repeat("x", IDENT_CHARS), *b = repeat("x", IDENT_CHARS);
	struct ident one, two;

	(void)state;
	ident_derive(&one, "_", a, "_new");
	ident_derive(&two, "_", a, "_new");
	assert_string_equal(one.raw, two.raw);
	/* The difference is in the part that is cut off. */
	b[IDENT_CHARS - 1] = 'y';
	ident_derive(&two, "_", b, "_new");
	assert_string_not_equal(one.raw, two.raw);
	ident_derive(&two, "_", a, "_old");
	assert_string_not_equal(one.raw, two.raw);
	/* As livealter derived it yesterday. */
	assert_string_equal(one.raw, "_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
	    "xxxxxxxxxxxx_d19b1ac5_new");
	free(a);
	free(b);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_name_is_always_quoted),
		cmocka_unit_test(a_backtick_is_doubled),
		cmocka_unit_test(the_longest_names_fit_quoted),
		cmocka_unit_test(two_longest_names_fit_with_a_dot),
		cmocka_unit_test(what_is_no_name_is_refused),
		cmocka_unit_test(what_is_not_utf8_is_refused),
		cmocka_unit_test(either_half_of_a_qualified_name_may_be_wrong),
		cmocka_unit_test(a_table_beside_another_is_in_its_database),
		cmocka_unit_test(a_short_name_is_derived_whole),
		cmocka_unit_test(a_long_name_is_derived_cut),
		cmocka_unit_test(derived_names_are_stable_and_differ),
	};

	return cmocka_run_group_tests_name("ident", tests, NULL, NULL);
}
