#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/escape.h"
#include "base/json.h"
#include "base/print.h"
#include "base/str.h"
#include "base/utf8.h"

static void
line_is(const char *text, const char *want)
{
	struct str s = STR_INIT;

	escape_line(&s, text);
	assert_string_equal(s.s, want);
	str_reset(&s);
	/* What has been escaped stays as it is. */
	escape_line(&s, want);
	assert_string_equal(s.s, want);
	str_free(&s);
}

static void
what_can_be_shown_is_shown(void **state)
{
	static const char *const text[] = {
		"", "orders", "a b\\n%s`'\"$!", "\xc3\xa9t\xc3\xa9",
		"\xe6\xbc\xa2\xe5\xad\x97", "\xf0\x9f\x90\xac",
		"\xd8\xa7\xd9\x84", "\xe0\xa4\x95\xe2\x80\x8d\xe0\xa4\xb7",
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(text) / sizeof(text[0]); i++)
		line_is(text[i], text[i]);
}

static void
what_a_terminal_would_obey_is_not(void **state)
{
	(void)state;
	line_is("x\033[31mred", "x\\x1b[31mred");
	line_is("a\nb\rc\td\x7f\x01", "a\\nb\\rc\\td\\x7f\\x01");
	/* C1, as a character and as a byte */
	line_is("\xc2\x9b" "2J", "\\u009b2J");
	line_is("\x9b" "2J", "\\x9b2J");
	/* the direction of writing, and what is not seen */
	line_is("a\xe2\x80\xae" "b", "a\\u202eb");
	line_is("a\xe2\x81\xa6" "b\xe2\x81\xa9", "a\\u2066b\\u2069");
	line_is("a\xe2\x80\xa8" "b\xe2\x80\x8b", "a\\u2028b\\u200b");
	line_is("\xef\xbb\xbf" "a", "\\ufeffa");
	line_is("\xf3\xa0\x80\x81", "\\U000e0001");
}

static void
what_is_not_utf8_is_shown_as_bytes(void **state)
{
	(void)state;
	line_is("\xe9t\xe9", "\\xe9t\\xe9");
	line_is("a\xc3", "a\\xc3");
	line_is("\xe2\x82", "\\xe2\\x82");
	line_is("\xf0\x9f\x90", "\\xf0\\x9f\\x90");
	line_is("\xc0\xaf", "\\xc0\\xaf");
	line_is("\xe0\x80\x9b", "\\xe0\\x80\\x9b");
	line_is("\xed\xa0\x80", "\\xed\\xa0\\x80");
	line_is("\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80");
	line_is("\xff\xfe", "\\xff\\xfe");
	assert_false(utf8_valid("a\xc3"));
	assert_true(utf8_valid("a\xc3\xa9"));
	assert_true(utf8_valid(""));
}

/* Every number, against what the standard says of its length. */
static void
every_character_is_read(void **state)
{
	char s[5] = "";
	uint32_t c, code;
	size_t len;

	(void)state;
	for (c = 1; c <= 0x10ffff; c++) {
		if (c >= 0xd800 && c <= 0xdfff)
			continue;
		len = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
		for (size_t i = len; i-- > 1;)
			s[i] = (char)(0x80 | (c >> 6 * (len - 1 - i) & 0x3f));
		s[0] = (char)(len == 1 ? c :
		    (0xf0u << (4 - len) & 0xff) | c >> 6 * (len - 1));
		s[len] = '\0';
		assert_int_equal(utf8_next(s, &code), len);
		assert_int_equal(code, c);
	}
}

static void
sql_is(const char *sql, const char *want)
{
	struct str s = STR_INIT;

	escape_sql(&s, sql);
	assert_string_equal(s.s, want);
	str_free(&s);
}

static void
a_statement_keeps_its_lines(void **state)
{
	static const char *const same[] = {
		"BEGIN\n\tSET @a = 1;\r\nEND",
		"SELECT 'it''s `\n'\n", "SELECT '\\'`\n'", "SELECT \"`\n\"",
		"/* don't ` */\n# it's `\n-- it's `\nSELECT 1\n",
		"SELECT `a``b`\n, 1",
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(same) / sizeof(same[0]); i++)
		sql_is(same[i], same[i]);
}

static void
a_name_in_it_has_none(void **state)
{
	(void)state;
	sql_is("DROP TABLE `a\nb`\n", "DROP TABLE `a\\nb`\n");
	sql_is("DROP TABLE `a``\nb`\n", "DROP TABLE `a``\\nb`\n");
	sql_is("/* ' */ DROP `a\tb`", "/* ' */ DROP `a\\tb`");
	sql_is("SELECT '\033[2K\r' \033", "SELECT '\\x1b[2K\\r' \\x1b");
	sql_is("SELECT 'a\\", "SELECT 'a\\");
}

static void
json_is_json(void **state)
{
	struct str s = STR_INIT;

	(void)state;
	json_text(&s, "a\"\\\n\033\x7f\xc2\x9b\xe2\x80\xae\xe9\xf3\xa0\x80\x81"
	    "\xc3\xa9");
	assert_string_equal(s.s, "\"a\\\"\\\\\\u000a\\u001b\\u007f\\u009b"
	    "\\u202e\\ufffd\\udb40\\udc01\xc3\xa9\"");
	str_free(&s);
}

static void
standard_output_is_escaped(void **state)
{
	struct str text = STR_INIT;

	(void)state;
	print_line(&text, "a %s.", "\033\n");
	print_sql(&text, "DROP `%s`%s", "\n", "\n");
	assert_string_equal(text.s, "a \\x1b\\n.\nDROP `\\n`\n;\n");
	str_free(&text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_can_be_shown_is_shown),
		cmocka_unit_test(what_a_terminal_would_obey_is_not),
		cmocka_unit_test(what_is_not_utf8_is_shown_as_bytes),
		cmocka_unit_test(every_character_is_read),
		cmocka_unit_test(a_statement_keeps_its_lines),
		cmocka_unit_test(a_name_in_it_has_none),
		cmocka_unit_test(json_is_json),
		cmocka_unit_test(standard_output_is_escaped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
