#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "../fixture.h"
#include "model/convert.h"
#include "model/convert_checksum.h"

#define UTF8	"collate=utf8mb4_bin"
#define LATIN1	"collate=latin1_swedish_ci"

struct change {
	struct column from, to;
};

static bool maria;	/* whose columns they are */

static struct change
change(const char *from, const char *from_more, const char *to,
    const char *to_more)
{
	struct change c;

	c.from = fixture_column("a", from, from_more);
	c.to = fixture_column("b", to, to_more);
	c.from.mariadb = c.to.mariadb = maria;
	return c;
}

static void
end(struct change *c)
{
	fixture_column_free(&c->from);
	fixture_column_free(&c->to);
}

typedef bool asked(const struct column *, const struct column *);

static bool
answer(asked *ask, const char *from, const char *from_more, const char *to,
    const char *to_more)
{
	struct change c = change(from, from_more, to, to_more);
	bool yes = ask(&c.from, &c.to);

	end(&c);
	return yes;
}

static bool
is(asked *ask, const char *from, const char *to)
{
	return answer(ask, from, "", to, "");
}

static bool
is_same(const char *from, const char *from_more, const char *to,
    const char *to_more)
{
	return answer(convert_same, from, from_more, to, to_more);
}

/* What both sides put into the checksum; NULL: they cannot. */
static void
sums(const char *from, const char *from_more, const char *to,
    const char *to_more, const char *want_old, const char *want_new)
{
	struct change c = change(from, from_more, to, to_more);
	struct str old = STR_INIT, new = STR_INIT;
	bool can = want_old != NULL;

	assert_true(convert_checksum_old(&old, &c.from, &c.to, "`a`") == can);
	assert_true(convert_checksum_new(&new, &c.from, &c.to, "`b`") == can);
	assert_string_equal(old.s, can ? want_old : "");
	assert_string_equal(new.s, can ? want_new : "");
	str_free(&old);
	str_free(&new);
	end(&c);
}

static void
same(const char *type, const char *more, const char *want)
{
	struct column c = fixture_column("a", type, more);
	struct str s = STR_INIT;

	assert_true(convert_checksum_old(&s, &c, &c, "`a`"));
	assert_string_equal(s.s, want);
	str_reset(&s);
	assert_true(convert_checksum_new(&s, &c, &c, "`a`"));
	assert_string_equal(s.s, want);
	str_free(&s);
	fixture_column_free(&c);
}

static void
only_what_is_stored_alike_is_the_same(void **state)
{
	(void)state;
	assert_true(is_same("int(11)", "", "int(11)", ""));
	assert_false(is_same("int(11)", "", "int(11) unsigned", ""));
	assert_false(is_same("int(11)", "", "bigint(20)", ""));
	assert_true(is_same("char(3)", UTF8, "char(3)", UTF8));
	assert_false(is_same("char(3)", UTF8, "char(3)", LATIN1));
	/* The order is another, the bytes are not. */
	assert_true(is_same("char(3)", UTF8, "char(3)",
	    "collate=utf8mb4_general_ci"));
	assert_false(is_same("char(3)", UTF8, "char(3)", ""));
	assert_false(is_same("enum('a')", UTF8, "enum('a','b')", UTF8));
}

static void
a_null_may_come_but_not_go(void **state)
{
	(void)state;
	assert_true(is_same("int(11)", "", "int(11)", "null"));
	assert_true(is_same("int(11)", "null", "int(11)", "null"));
	assert_false(is_same("int(11)", "null", "int(11)", ""));
}

static void
dates_are_made_of_what_was_another_type(void **state)
{
	(void)state;
	assert_true(is(convert_dates, "varchar(30)", "date"));
	assert_true(is(convert_dates, "date", "datetime"));
	assert_true(is(convert_dates, "datetime", "datetime(6)"));
	assert_false(is(convert_dates, "date", "date"));
	assert_false(is(convert_dates, "date", "varchar(30)"));
	assert_false(is(convert_dates, "int(11)", "year(4)"));
}

static bool
keeps(const char *from, const char *from_more, const char *to,
    const char *to_more)
{
	return answer(convert_distinct, from, from_more, to, to_more);
}

static void
integers_keep_their_identity_in_another_type(void **state)
{
	(void)state;
	assert_true(keeps("int(11)", "", "bigint(20)", ""));
	assert_true(keeps("bigint(20)", "", "int(11)", ""));
	assert_true(keeps("char(3)", UTF8, "char(3)", UTF8));
	assert_true(keeps("datetime(6)", "", "datetime(6)", ""));
	assert_false(keeps("datetime(6)", "", "datetime", ""));
	assert_false(keeps("binary(4)", "", "binary(8)", ""));
	assert_false(keeps("varchar(20)", UTF8, "bigint(20)", ""));
	assert_false(keeps("char(3)", LATIN1, "char(3)", UTF8));
	assert_false(keeps("char(3)", UTF8, "char(3)",
	    "collate=utf8mb4_general_ci"));
}

static void
what_is_not_converted_goes_in_as_it_is(void **state)
{
	(void)state;
	same("int(11)", "", "`a`");
	same("decimal(10,2)", "", "`a`");
	same("datetime(6)", "", "`a`");
	same("varbinary(9)", "", "`a`");
	same("uuid", "", "`a`");
	same("char(3)", UTF8, "`a`");
	same("bit(8)", "", "`a` + 0");
	same("enum('a')", UTF8, "`a` + 0");
	/* A FLOAT would show six digits of its seven. */
	same("float", "", "`a` + 0.0e0");
	same("double", "", "`a` + 0.0e0");
}

static void
what_may_be_large_is_hashed_first(void **state)
{
	(void)state;
	same("longtext", UTF8, "SHA2(`a`, 224)");
	same("mediumtext", UTF8, "SHA2(`a`, 224)");
	same("longblob", "", "SHA2(`a`, 224)");
	same("json", "", "SHA2(CAST(`a` AS CHAR), 224)");
	same("point", "", "SHA2(`a`, 224)");
	sums("text", UTF8, "longtext", UTF8,
	    "SHA2(CONVERT(`a` USING utf8mb4), 224)",
	    "SHA2(CONVERT(`b` USING utf8mb4), 224)");
}

static void
numbers_are_rounded_as_the_new_column_rounds(void **state)
{
	(void)state;
	sums("int(11)", "", "bigint(20)", "",
	    "CAST(ROUND(`a`) AS DECIMAL(65,30))",
	    "CAST(`b` AS DECIMAL(65,30))");
	sums("decimal(10,4)", "", "int(11)", "",
	    "CAST(ROUND(`a`) AS DECIMAL(65,30))",
	    "CAST(`b` AS DECIMAL(65,30))");
	sums("decimal(10,4)", "", "decimal(10,2) unsigned", "",
	    "CAST(CAST(`a` AS DECIMAL(10,2)) AS DECIMAL(65,30))",
	    "CAST(`b` AS DECIMAL(65,30))");
}

static void
moments_are_cut_as_the_new_column_cuts(void **state)
{
	(void)state;
	sums("datetime(6)", "", "datetime(3)", "",
	    "CAST(`a` AS datetime(3))", "`b`");
	sums("datetime", "", "timestamp(2)", "",
	    "CAST(`a` AS DATETIME(2))", "`b`");
	sums("timestamp", "", "datetime", "", "CAST(`a` AS datetime)", "`b`");
	sums("datetime(6)", "", "date", "",
	    "CAST(CAST(`a` AS DATETIME) AS date)", "`b`");
	sums("time(6)", "", "time", "", "CAST(`a` AS time)", "`b`");
	/* The date would be today's. */
	sums("time", "", "datetime", "", NULL, NULL);
	sums("datetime", "", "time", "", NULL, NULL);
}

static void
texts_are_compared_in_one_character_set(void **state)
{
	(void)state;
	sums("varchar(9)", LATIN1, "varchar(20)", UTF8,
	    "CONVERT(`a` USING utf8mb4)",
	    "CONVERT(`b` USING utf8mb4)");
	sums("enum('a','b')", UTF8, "enum('b','a')", UTF8,
	    "CONVERT(`a` USING utf8mb4)",
	    "CONVERT(`b` USING utf8mb4)");
	/* A CHAR loses its blanks at the end. */
	sums("varchar(9)", UTF8, "char(9)", UTF8,
	    "RTRIM(CONVERT(`a` USING utf8mb4))",
	    "RTRIM(CONVERT(`b` USING utf8mb4))");
}

static void
what_cannot_be_compared_says_so(void **state)
{
	(void)state;
	sums("double", "", "int(11)", "", NULL, NULL);
	sums("double", "", "float", "", NULL, NULL);
	sums("int(11)", "", "year(4)", "", NULL, NULL);
	sums("varchar(9)", UTF8, "time", "", NULL, NULL);
}

static void
other_kinds_are_compared_as_what_they_become(void **state)
{
	(void)state;
	sums("varchar(36)", UTF8, "uuid", "", "CAST(`a` AS uuid)", "`b`");
	sums("int(11)", "", "varchar(20)", UTF8,
	    "CONVERT(CAST(`a` AS CHAR) USING utf8mb4)",
	    "CONVERT(`b` USING utf8mb4)");
	sums("varchar(20)", UTF8, "int(11)", "",
	    "CAST(ROUND(CAST(`a` AS DECIMAL(65,20))) AS DECIMAL(65,30))",
	    "CAST(`b` AS DECIMAL(65,30))");
	sums("float", "", "double", "", "`a` + 0.0e0", "`b` + 0.0e0");
	sums("bit(9)", "", "int(11)", "", "`a` + 0", "`b`");
	sums("longtext", UTF8, "json", "",
	    "SHA2(CAST(CAST(`a` AS JSON) AS CHAR), 224)",
	    "SHA2(CAST(`b` AS CHAR), 224)");
	sums("binary(9)", "", "varbinary(9)", "",
	    "TRIM(TRAILING x'00' FROM CAST(`a` AS BINARY))",
	    "TRIM(TRAILING x'00' FROM CAST(`b` AS BINARY))");
	sums("varbinary(9)", "", "varbinary(20)", "", "`a`",
	    "`b`");
	/* What is not in both is an error of the copy. */
	sums("set('a','b''c')", UTF8, "set('x','b''c','a')", UTF8,
	    "IF(`a` IS NULL, NULL, CONCAT('', 0 < FIND_IN_SET('a', `a`), "
	    "0 < FIND_IN_SET('b''c', `a`)))",
	    "IF(`b` IS NULL, NULL, CONCAT('', 0 < FIND_IN_SET('a', `b`), "
	    "0 < FIND_IN_SET('b''c', `b`)))");
}

static void
stores(const char *from, const char *to, const char *to_more,
    const char *want)
{
	struct change c = change(from, "", to, to_more);
	struct str got = STR_INIT;

	convert_value(&got, &c.from, &c.to, "`a`");
	assert_string_equal(got.s, want);
	str_free(&got);
	end(&c);
}

static void
numbers_become_texts_with_the_digits_they_show(void **state)
{
	(void)state;
	stores("int(8) unsigned zerofill", "varchar(20)", UTF8,
	    "CAST(`a` AS CHAR)");
	stores("float", "varbinary(20)", "", "CAST(`a` AS CHAR)");
	stores("float", "json", "", "CAST(CAST(`a` AS CHAR) AS JSON)");
	stores("float", "double", "", "`a`");
	stores("datetime(6)", "varchar(30)", UTF8, "`a`");
	stores("int(11)", "enum('1')", UTF8, "CAST(`a` AS CHAR)");
	stores("int(11)", "datetime", "", "CAST(`a` AS CHAR)");
	stores("double", "year(4)", "", "CAST(`a` AS SIGNED)");
	stores("date", "year(4)", "", "`a` + 0");
	stores("decimal(9,2)", "int(11)", "", "ROUND(`a`)");
}

static void
mariadb_reads_numbers_as_numbers(void **state)
{
	(void)state;
	maria = true;
	stores("int(11)", "enum('1')", UTF8, "`a`");
	stores("decimal(9,2)", "set('1')", UTF8, "CAST(`a` AS SIGNED)");
	stores("int(11)", "datetime", "", "`a`");
	stores("float", "datetime", "", "CAST(`a` AS CHAR)");
	stores("time", "bit(9)", "", "CAST(`a` AS SIGNED)");
	stores("varbinary(9)", "double", "", "CAST(`a` AS CHAR)");
	stores("varbinary(9)", "int(11)", "", "REPLACE(REPLACE(REPLACE("
	    "CAST(`a` AS CHAR), '.', '~'), 'e', '~'), 'E', '~')");
	sums("int(11)", "", "enum('x','y')", UTF8, "`a` + 0", "`b` + 0");
	maria = false;
	sums("int(11)", "", "enum('x','y')", UTF8, "COALESCE(NULLIF(FIELD("
	    "RTRIM(CONVERT(CAST(`a` AS CHAR) USING utf8mb4)) COLLATE "
	    "utf8mb4_bin, 'x', 'y'), 0), CAST(RTRIM(CONVERT(CAST(`a` "
	    "AS CHAR) USING utf8mb4)) COLLATE utf8mb4_bin "
	    "AS UNSIGNED))", "`b` + 0");
}

static void
fills(const char *type, const char *more, const char *want)
{
	struct column c = fixture_column("a", type, more);

	if (want == NULL)
		assert_null(convert_filler(&c));
	else
		assert_string_equal(convert_filler(&c), want);
	fixture_column_free(&c);
}

static void
a_new_column_is_filled_as_alter_table_does(void **state)
{
	(void)state;
	fills("int(11)", "", "0");
	fills("decimal(10,2)", "", "0");
	fills("year(4)", "", "0");
	fills("double", "", "0");
	fills("bit(8)", "", "0");
	fills("enum('a','b')", UTF8, "1");
	fills("set('a','b')", UTF8, "''");
	fills("varchar(20)", UTF8, "''");
	fills("blob", "", "''");
	fills("date", "", "'0000-00-00'");
	fills("time(3)", "", "'00:00:00'");
	fills("datetime", "", "'0000-00-00 00:00:00'");
	fills("timestamp(6)", "", "'0000-00-00 00:00:00'");
	fills("inet4", "", "'0.0.0.0'");
	fills("inet6", "", "'::'");
	fills("uuid", "", "'00000000-0000-0000-0000-000000000000'");
	fills("json", "", "CAST('null' AS JSON)");
	fills("point", "", NULL);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_what_is_stored_alike_is_the_same),
		cmocka_unit_test(a_null_may_come_but_not_go),
		cmocka_unit_test(dates_are_made_of_what_was_another_type),
		cmocka_unit_test(integers_keep_their_identity_in_another_type),
		cmocka_unit_test(what_is_not_converted_goes_in_as_it_is),
		cmocka_unit_test(what_may_be_large_is_hashed_first),
		cmocka_unit_test(numbers_are_rounded_as_the_new_column_rounds),
		cmocka_unit_test(moments_are_cut_as_the_new_column_cuts),
		cmocka_unit_test(texts_are_compared_in_one_character_set),
		cmocka_unit_test(what_cannot_be_compared_says_so),
		cmocka_unit_test(other_kinds_are_compared_as_what_they_become),
		cmocka_unit_test(
		    numbers_become_texts_with_the_digits_they_show),
		cmocka_unit_test(mariadb_reads_numbers_as_numbers),
		cmocka_unit_test(a_new_column_is_filled_as_alter_table_does),
	};

	return cmocka_run_group_tests_name("convert", tests, NULL, NULL);
}
