#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/str.h"
#include "model/lex.h"

static const struct lex_mode mysql = { .mariadb = false };
static const struct lex_mode mariadb = { .mariadb = true };
static const struct lex_mode ansi = { .ansi_quotes = true };
static const struct lex_mode plain_backslash =
    { .no_backslash_escapes = true };

/* The tokens, each as its kind and its text: "w:ADD n:`a`". */
static void
tokens_are(const char *text, const struct lex_mode *mode, const char *want)
{
	struct str got = STR_INIT;
	struct lex l;
	struct err e;
	size_t i;

	assert_int_equal(lex_scan(&l, text, mode, &e), 0);
	for (i = 0; i < l.n; i++) {
		str_addf(&got, "%s%c:", i > 0 ? " " : "",
		    "wns#."[l.token[i].kind]);
		str_add(&got, text + l.token[i].at, l.token[i].len);
	}
	assert_string_equal(got.s, want);
	str_free(&got);
	lex_free(&l);
}

static void
is_refused(const char *text, const struct lex_mode *mode, const char *why)
{
	struct lex l;
	struct err e;

	assert_int_equal(lex_scan(&l, text, mode, &e), -1);
	assert_int_equal(e.kind, ERR_USAGE);
	assert_string_equal(e.text, why);
	lex_free(&l);
}

static void
name_is(const char *text, const struct lex_mode *mode, const char *want)
{
	struct ident id;
	struct lex l;
	struct err e;

	assert_int_equal(lex_scan(&l, text, mode, &e), 0);
	assert_int_equal(l.n, 1);
	assert_true(lex_named(&l, 0));
	assert_int_equal(lex_name(&l, 0, &id, &e), 0);
	assert_string_equal(id.raw, want);
	lex_free(&l);
}

static void
words_numbers_and_signs_are_told_apart(void **state)
{
	(void)state;
	tokens_are("", &mysql, "");
	tokens_are(" \t\r\n", &mysql, "");
	tokens_are("ADD c_1 DECIMAL(10,2)=5;", &mysql, "w:ADD w:c_1 "
	    "w:DECIMAL .:( #:10 .:, #:2 .:) .:= #:5 .:;");
	tokens_are("a.b 1a $x 1.5", &mysql, "w:a .:. w:b w:1a w:$x #:1 .:. "
	    "#:5");
}

static void
bytes_outside_of_ascii_are_letters(void **state)
{
	(void)state;
	tokens_are("gr\xc3\xb6\xc3\x9f" "e \xe2\x82\xac", &mysql,
	    "w:gr\xc3\xb6\xc3\x9f" "e w:\xe2\x82\xac");
}

static void
strings_hide_what_they_hold(void **state)
{
	(void)state;
	tokens_are("'a, (;' x", &mysql, "s:'a, (;' w:x");
	tokens_are("'it''s' x", &mysql, "s:'it''s' w:x");
	tokens_are("'it\\'s' x", &mysql, "s:'it\\'s' w:x");
	tokens_are("'\\\\' x", &mysql, "s:'\\\\' w:x");
	tokens_are("'' ''''", &mysql, "s:'' s:''''");
	tokens_are("'a' 'b'", &mysql, "s:'a' s:'b'");
	tokens_are("'-- x' '#' '/*'", &mysql, "s:'-- x' s:'#' s:'/*'");
	tokens_are("N'a' _utf8'b' x'c1' B'0'", &mysql, "w:N s:'a' w:_utf8 "
	    "s:'b' w:x s:'c1' w:B s:'0'");
}

static void
a_backslash_is_itself_where_the_sql_mode_says_so(void **state)
{
	(void)state;
	tokens_are("'a\\' x", &plain_backslash, "s:'a\\' w:x");
	is_refused("'a\\' x", &mysql, "a string is not closed: 'a\\' x");
	tokens_are("'\\\\'", &plain_backslash, "s:'\\\\'");
}

static void
double_quotes_are_strings_or_names_as_the_sql_mode_says(void **state)
{
	(void)state;
	tokens_are("\"a\"\"b\\\" 'x\"", &mysql, "s:\"a\"\"b\\\" 'x\"");
	tokens_are("\"a\"\"b\\\" x", &ansi, "n:\"a\"\"b\\\" w:x");
	tokens_are("'a\"b'", &ansi, "s:'a\"b'");
	name_is("\"a\"\"b`c\\\"", &ansi, "a\"b`c\\");
}

static void
names_lose_their_quotes(void **state)
{
	(void)state;
	name_is("abc", &mysql, "abc");
	name_is("`a b`", &mysql, "a b");
	name_is("`a``b`", &mysql, "a`b");
	name_is("````", &mysql, "`");
	name_is("`a\\`", &mysql, "a\\");
	name_is("`a\"'b`", &mysql, "a\"'b");
}

static void
a_name_that_no_server_takes_is_refused(void **state)
{
	static const char longest[] = "`123456789.123456789.123456789."
	    "123456789.123456789.123456789.12345`";
	struct ident id;
	struct lex l;
	struct err e;

	(void)state;
	assert_int_equal(lex_scan(&l, "``", &mysql, &e), 0);
	assert_int_equal(lex_name(&l, 0, &id, &e), -1);
	assert_int_equal(e.kind, ERR_USAGE);
	lex_free(&l);
	assert_int_equal(lex_scan(&l, longest, &mysql, &e), 0);
	assert_int_equal(lex_name(&l, 0, &id, &e), -1);
	lex_free(&l);
}

static void
comments_are_left_out(void **state)
{
	(void)state;
	tokens_are("a/* b */c", &mysql, "w:a w:c");
	tokens_are("a/**/c", &mysql, "w:a w:c");
	tokens_are("a /* 'x */ c", &mysql, "w:a w:c");
	tokens_are("a # b ' `\nc", &mysql, "w:a w:c");
	tokens_are("a -- b ' `\nc", &mysql, "w:a w:c");
	tokens_are("a --\nc --", &mysql, "w:a w:c");
	tokens_are("a --\tb", &mysql, "w:a");
	tokens_are("a /*+ b */ c", &mysql, "w:a w:c");
}

static void
two_dashes_without_a_blank_are_two_signs(void **state)
{
	(void)state;
	tokens_are("5--3", &mysql, "#:5 .:- .:- #:3");
	tokens_are("5--a\nb", &mysql, "#:5 .:- .:- w:a w:b");
}

static void
a_comment_ends_at_the_first_mark(void **state)
{
	(void)state;
	tokens_are("a /* b /* c */ d", &mysql, "w:a w:d");
	tokens_are("a /* b /* c */ d */ f", &mysql,
	    "w:a w:d .:* .:/ w:f");
}

static void
a_version_comment_is_code(void **state)
{
	(void)state;
	tokens_are("a /*!50100 b */ c", &mysql, "w:a w:b w:c");
	tokens_are("a /*!80023 b */ c", &mysql, "w:a w:b w:c");
	tokens_are("a /*!080400 b */ c", &mysql, "w:a w:b w:c");
	tokens_are("a /*!50100b*/c", &mysql, "w:a w:b w:c");
	tokens_are("a /*! b */ c", &mysql, "w:a w:b w:c");
	tokens_are("a /*!501 b */ c", &mysql, "w:a #:501 w:b w:c");
	tokens_are("a /*! '*/' */ c", &mysql, "w:a s:'*/' w:c");
	tokens_are("a /*! b /* c */ d */ f", &mysql, "w:a w:b w:d w:f");
}

static void
each_flavour_has_its_own_version_comments(void **state)
{
	(void)state;
	tokens_are("a /*M!100401 b */ c", &mariadb, "w:a w:b w:c");
	tokens_are("a /*M!100401 b */ c", &mysql, "w:a w:c");
	tokens_are("a /*M! b */ c", &mariadb, "w:a w:b w:c");
	tokens_are("a /*M b */ c", &mariadb, "w:a w:c");
	tokens_are("a /*!50100 b */ c", &mariadb, "w:a w:b w:c");
	tokens_are("a /*!100401 b */ c", &mariadb, "w:a w:b w:c");
	tokens_are("a /*!80023 b */ c", &mariadb, "w:a w:c");
	tokens_are("a /*!50700 b /* d */ e */ c", &mariadb, "w:a w:c");
}

static void
what_is_not_closed_is_an_error(void **state)
{
	(void)state;
	is_refused("a 'b", &mysql, "a string is not closed: 'b");
	is_refused("a 'b''", &mysql, "a string is not closed: 'b''");
	is_refused("a 'b\\", &mysql, "a string is not closed: 'b\\");
	is_refused("a \"b", &mysql, "a string is not closed: \"b");
	is_refused("a \"b", &ansi, "a name is not closed: \"b");
	is_refused("a `b", &mysql, "a name is not closed: `b");
	is_refused("a /* b", &mysql, "a comment is not closed: /* b");
	is_refused("a /*/ b", &mysql, "a comment is not closed: /*/ b");
	is_refused("a /*!50100 b", &mysql,
	    "a comment is not closed: /*!50100 b");
	is_refused("a /*!80000 /* b */", &mariadb,
	    "a comment is not closed: /*!80000 /* b */");
}

static void
questions_know_case_quotes_and_the_end(void **state)
{
	struct lex l;
	struct err e;

	(void)state;
	assert_int_equal(lex_scan(&l, "Drop `drop` ',' 5 ,", &mysql, &e), 0);
	assert_true(lex_is(&l, 0, "DROP"));
	assert_false(lex_is(&l, 0, "DRO"));
	assert_false(lex_is(&l, 1, "DROP"));
	assert_true(lex_named(&l, 1));
	assert_false(lex_named(&l, 2));
	assert_false(lex_punct(&l, 2, ','));
	assert_true(lex_digit(&l, 3));
	assert_false(lex_named(&l, 3));
	assert_true(lex_punct(&l, 4, ','));
	assert_int_equal(lex_end(&l, 4), 19);
	assert_false(lex_is(&l, 5, "DROP") || lex_punct(&l, 5, ',') ||
	    lex_named(&l, 5) || lex_digit(&l, 5));
	lex_free(&l);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_numbers_and_signs_are_told_apart),
		cmocka_unit_test(bytes_outside_of_ascii_are_letters),
		cmocka_unit_test(strings_hide_what_they_hold),
		cmocka_unit_test(
		    a_backslash_is_itself_where_the_sql_mode_says_so),
		cmocka_unit_test(
		    double_quotes_are_strings_or_names_as_the_sql_mode_says),
		cmocka_unit_test(names_lose_their_quotes),
		cmocka_unit_test(a_name_that_no_server_takes_is_refused),
		cmocka_unit_test(comments_are_left_out),
		cmocka_unit_test(two_dashes_without_a_blank_are_two_signs),
		cmocka_unit_test(a_comment_ends_at_the_first_mark),
		cmocka_unit_test(a_version_comment_is_code),
		cmocka_unit_test(each_flavour_has_its_own_version_comments),
		cmocka_unit_test(what_is_not_closed_is_an_error),
		cmocka_unit_test(questions_know_case_quotes_and_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
