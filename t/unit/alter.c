#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/str.h"
#include "model/alter.h"

static const struct alter_mode mysql = { false, false, false };
static const struct alter_mode mariadb = { false, false, true };
static const struct alter_mode ansi = { true, false, false };
static const struct alter_mode plain_backslash = { false, true, false };

static void
describe(struct str *out, const struct alter_item *it)
{
	static const char *const what[] = {
		"rename", "drop", "fkey", "constraint", "check", "refused",
		"add fkey", "add check",
	};

	str_addf(out, "%s%s", out->len > 0 ? ", " : "", what[it->what]);
	if (it->what == ALTER_REFUSED)
		assert_non_null(it->why);
	else
		str_addf(out, " %s", it->from.raw);
	if (it->what == ALTER_RENAME_COLUMN)
		str_addf(out, ">%s", it->to.raw);
}

/* The items, each as what it does: "rename a>b, drop c, refused". */
static void
reads(const char *text, const struct alter_mode *mode, const char *want)
{
	struct str got = STR_INIT;
	struct alter a;
	struct err e;
	size_t i;

	assert_int_equal(alter_parse(&a, text, mode, &e), 0);
	for (i = 0; i < a.n; i++)
		describe(&got, &a.item[i]);
	assert_string_equal(got.s, want);
	str_free(&got);
	alter_free(&a);
}

static void
fails(const char *text, const char *why)
{
	struct alter a;
	struct err e;

	assert_int_equal(alter_parse(&a, text, &mysql, &e), -1);
	assert_int_equal(e.kind, ERR_USAGE);
	assert_string_equal(e.text, why);
	alter_free(&a);
}

static void
is_refused(const char *text, const char *part_of_why)
{
	struct alter a;
	struct err e;

	assert_int_equal(alter_parse(&a, text, &mariadb, &e), 0);
	assert_true(a.n >= 1);
	assert_int_equal(a.item[0].what, ALTER_REFUSED);
	assert_non_null(strstr(a.item[0].why, part_of_why));
	alter_free(&a);
}

static bool
sets_counter(const char *text)
{
	struct alter a;
	struct err e;
	bool sets;

	assert_int_equal(alter_parse(&a, text, &mysql, &e), 0);
	sets = a.sets_auto_increment;
	alter_free(&a);
	return sets;
}

static void
an_empty_text_says_nothing(void **state)
{
	(void)state;
	reads("", &mysql, "");
	reads(" \n /* nothing */ -- at all", &mysql, "");
	reads(",", &mysql, "");
}

/* pt-online-schema-change gets all but the first of these wrong. */
static void
renames_are_found_where_patterns_fail(void **state)
{
	(void)state;
	reads("CHANGE a b INT, CHANGE c d INT", &mysql,
	    "rename a>b, rename c>d");
	reads("CHANGE a b INT COMMENT 'x', CHANGE c d INT COMMENT 'y'",
	    &mysql, "rename a>b, rename c>d");
	reads("CHANGE a b INT COMMENT 'x', CHANGE c d INT NOT NULL "
	    "DEFAULT 'q', CHANGE e f INT", &mysql,
	    "rename a>b, rename c>d, rename e>f");
	reads("ADD e INT COMMENT 'new', CHANGE c d INT COMMENT 'y'", &mysql,
	    "rename c>d");
	reads("CHANGE a/*c*/b INT", &mysql, "rename a>b");
	reads("CHANGE COLUMN IF EXISTS a b INT", &mariadb, "rename a>b");
	reads("RENAME COLUMN IF EXISTS a TO b", &mariadb, "rename a>b");
	reads("ADD c INT DEFAULT 'change me now'", &mysql, "");
	reads("CHANGE a b ENUM('x','change y z')", &mysql, "rename a>b");
}

static void
rename_column_is_a_rename(void **state)
{
	(void)state;
	reads("RENAME COLUMN a TO b", &mysql, "rename a>b");
	reads("rename  column\n`a b` /* x */ to `c``d`", &mysql,
	    "rename a b>c`d");
	reads("RENAME COLUMN \"a\" TO \"to\"", &ansi, "rename a>to");
	reads("RENAME COLUMN to_ TO `column`", &mysql, "rename to_>column");
	reads("RENAME COLUMN gr\xc3\xb6\xc3\x9f" "e TO size", &mysql,
	    "rename gr\xc3\xb6\xc3\x9f" "e>size");
}

static void
swapped_names_are_two_renames(void **state)
{
	struct alter a;
	struct err e;

	(void)state;
	assert_int_equal(alter_parse(&a, "RENAME COLUMN a TO b, "
	    "RENAME COLUMN b TO a", &mysql, &e), 0);
	assert_string_equal(alter_renamed(&a, "a"), "b");
	assert_string_equal(alter_renamed(&a, "b"), "a");
	alter_free(&a);
}

static void
columns_are_looked_up_without_case(void **state)
{
	struct alter a;
	struct err e;

	(void)state;
	assert_int_equal(alter_parse(&a, "CHANGE Aa bB INT, DROP cC", &mysql,
	    &e), 0);
	assert_string_equal(alter_renamed(&a, "aA"), "bB");
	assert_null(alter_renamed(&a, "bb"));
	assert_true(alter_drops(&a, "Cc"));
	assert_false(alter_drops(&a, "aa"));
	alter_free(&a);
}

static void
change_is_a_rename_only_when_the_name_changes(void **state)
{
	(void)state;
	reads("CHANGE a a BIGINT", &mysql, "");
	reads("CHANGE COLUMN `a` a BIGINT FIRST", &mysql, "");
	reads("CHANGE a A BIGINT", &mysql, "rename a>A");
	reads("CHANGE `column` b INT", &mysql, "rename column>b");
	reads("CHANGE `if` `exists` INT", &mysql, "rename if>exists");
}

static void
indexes_may_be_renamed(void **state)
{
	(void)state;
	reads("RENAME INDEX a TO b, RENAME KEY c TO d", &mysql, "");
	reads("RENAME INDEX IF EXISTS a TO b", &mariadb, "");
}

static void
dropped_columns_are_found(void **state)
{
	(void)state;
	reads("DROP a, DROP COLUMN b, drop `c` CASCADE, DROP COLUMN "
	    "d RESTRICT", &mysql, "drop a, drop b, drop c, drop d");
	reads("DROP COLUMN IF EXISTS a, DROP IF EXISTS b", &mariadb,
	    "drop a, drop b");
	reads("DROP a, RENAME COLUMN b TO a", &mysql, "drop a, rename b>a");
}

static void
other_drops_are_no_columns(void **state)
{
	(void)state;
	reads("DROP PRIMARY KEY, DROP INDEX a, DROP KEY b, "
	    "DROP INDEX IF EXISTS c", &mariadb, "");
	reads("DROP FOREIGN KEY a, DROP FOREIGN KEY IF EXISTS b", &mariadb,
	    "fkey a, fkey b");
	reads("DROP CONSTRAINT a, DROP CONSTRAINT IF EXISTS b, DROP CHECK c",
	    &mariadb, "constraint a, constraint b, constraint c");
	reads("ALTER CHECK a NOT ENFORCED, ALTER CONSTRAINT `b c` ENFORCED, "
	    "ALTER d SET DEFAULT 1, ALTER COLUMN e DROP DEFAULT", &mysql,
	    "check a, check b c");
}

static void
a_quoted_keyword_is_a_column(void **state)
{
	(void)state;
	reads("DROP `index`, DROP `primary`, DROP `check`, DROP `if`",
	    &mysql, "drop index, drop primary, drop check, drop if");
	reads("DROP `partition`, DROP `column`, DROP COLUMN `key`", &mysql,
	    "drop partition, drop column, drop key");
	reads("DROP \"foreign\"", &ansi, "drop foreign");
	reads("`DROP` a", &mysql, "");
}

static void
words_that_are_keywords_elsewhere_are_columns(void **state)
{
	(void)state;
	reads("DROP period, DROP system, DROP COLUMN system", &mariadb,
	    "drop period, drop system, drop system");
	reads("ADD period INT, ADD system INT, ALTER online SET DEFAULT 1",
	    &mariadb, "");
	reads("ORDER BY a, algorithm, import DESC, truncate", &mysql, "");
}

static void
strings_and_parentheses_hide_clauses(void **state)
{
	(void)state;
	reads("COMMENT 'x, RENAME COLUMN a TO b'", &mysql, "");
	reads("ADD c TEXT DEFAULT 'it''s, CHANGE a b'", &mysql, "");
	reads("ADD c TEXT DEFAULT 'it\\'s, CHANGE a b INT'", &mysql, "");
	reads("COMMENT '\\', CHANGE a b INT", &plain_backslash,
	    "rename a>b");
	reads("COMMENT \"x, DROP a\", DROP b", &mysql, "drop b");
	reads("ADD e ENUM('a','b, DROP c',')'), DROP d", &mysql, "drop d");
	reads("ADD (e INT, `DROP` INT), DROP d", &mysql, "drop d");
	reads("ADD CONSTRAINT k CHECK (a IN (1, 2)), DROP d", &mysql,
	    "add check k, drop d");
	reads("MODIFY a INT CONSTRAINT k CHECK (a > 0), ADD (b INT CONSTRAINT "
	    "l CHECK (b <> 'CONSTRAINT m CHECK'), CHECK (a < b)), "
	    "ADD CHECK (b > 1)", &mysql, "add check k, add check l");
	reads("ADD `x, DROP a` INT", &mysql, "");
	reads("COMMENT N'x, DROP a', DROP b", &mysql, "drop b");
}

static void
comments_hide_clauses(void **state)
{
	(void)state;
	reads("ADD c INT /* , DROP a */", &mysql, "");
	reads("ADD c INT # , DROP a\n, DROP b", &mysql, "drop b");
	reads("ADD c INT -- , DROP a\n, DROP b", &mysql, "drop b");
	reads("ADD c INT /* ' */, DROP b /* ' */", &mysql, "drop b");
}

static void
version_comments_do_not(void **state)
{
	(void)state;
	reads("ADD c INT /*!50100 , DROP a */", &mysql, "drop a");
	reads("DROP /*!50100 COLUMN */ a", &mysql, "drop a");
	reads("ADD c INT /*M!100401 , DROP a */", &mariadb, "drop a");
	reads("ADD c INT /*M!100401 , DROP a */", &mysql, "");
	reads("ADD c INT /*!80000 , DROP a */", &mariadb, "");
}

static void
what_some_servers_leave_out_is_not_believed(void **state)
{
	(void)state;
	reads("ADD c INT /*!80023 , DROP a */", &mysql, "refused");
	reads("ADD c INT /*!99999 , DROP a, CHANGE b d INT */, DROP e",
	    &mysql, "refused, refused, drop e");
	reads("/*!80000 RENAME COLUMN a TO b, */ RENAME COLUMN b TO a",
	    &mysql, "refused, refused");
	reads("DROP a /*!80000 */, RENAME COLUMN b /*!80000 TO c */", &mysql,
	    "drop a, refused");
	reads("ADD c INT /*M!110000 , DROP a */", &mariadb, "refused");
	reads("ADD c INT /*!80023 INVISIBLE */, DROP a", &mysql, "drop a");
	assert_false(sets_counter("/*!80000 AUTO_INCREMENT=5 */"));
}

static void
the_place_of_the_name_is_known(void **state)
{
	const char *text = "ADD x INT, DROP /**/ CHECK `c``1` , CHANGE ab c "
	    "INT";
	struct alter a;
	struct err e;

	(void)state;
	assert_int_equal(alter_parse(&a, text, &mysql, &e), 0);
	assert_int_equal(a.n, 2);
	assert_string_equal(a.item[0].from.raw, "c`1");
	assert_int_equal(a.item[0].len, 6);
	assert_memory_equal(text + a.item[0].at, "`c``1`", 6);
	assert_int_equal(a.item[1].len, 2);
	assert_memory_equal(text + a.item[1].at, "ab", 2);
	alter_free(&a);
}

static void
the_counter_is_an_option_only_with_a_number(void **state)
{
	(void)state;
	assert_true(sets_counter("AUTO_INCREMENT=5"));
	assert_true(sets_counter("auto_increment 5"));
	assert_true(sets_counter("AUTO_INCREMENT = 0x10"));
	assert_true(sets_counter("ADD a INT, AUTO_INCREMENT /*x*/ = 5"));
	assert_true(sets_counter("ENGINE=InnoDB AUTO_INCREMENT=5 "
	    "COMMENT='x'"));
	assert_true(sets_counter("ENGINE=InnoDB, AUTO_INCREMENT=5"));
	assert_false(sets_counter("MODIFY a INT AUTO_INCREMENT"));
	assert_false(sets_counter("ADD a INT AUTO_INCREMENT PRIMARY KEY"));
	assert_false(sets_counter("COMMENT 'AUTO_INCREMENT=5'"));
	assert_false(sets_counter("/* AUTO_INCREMENT=5 */"));
	assert_false(sets_counter("ADD `AUTO_INCREMENT` INT"));
	assert_false(sets_counter("ADD g INT AS (AUTO_INCREMENT = 5)"));
}

static void
renaming_the_table_is_refused(void **state)
{
	(void)state;
	is_refused("RENAME TO x", "RENAME TABLE");
	is_refused("RENAME AS x", "RENAME TABLE");
	is_refused("RENAME = x", "RENAME TABLE");
	is_refused("rename x.y", "RENAME TABLE");
	is_refused("RENAME `column`", "RENAME TABLE");
	reads("DROP a, RENAME x, DROP b", &mysql, "drop a, refused, drop b");
}

static void
how_to_alter_is_our_part(void **state)
{
	(void)state;
	is_refused("NOWAIT ADD a INT", "leave them out");
	reads("WAIT 5 DROP a", &mariadb, "refused, drop a");
	reads("NOWAIT DROP a", &mariadb, "refused, drop a");
}

static void
a_whole_statement_is_refused(void **state)
{
	(void)state;
	is_refused("ALTER TABLE t ADD a INT", "whole statement");
	is_refused("/* x */ alter table t DROP a", "whole statement");
	is_refused("ALTER ONLINE TABLE t ADD a INT", "whole statement");
	is_refused("ALTER IGNORE TABLE t ADD a INT", "whole statement");
	reads("ALTER COLUMN a SET DEFAULT 5, ALTER b DROP DEFAULT, "
	    "ALTER INDEX i INVISIBLE", &mysql, "");
}

static void
clauses_that_are_not_about_the_shape_are_refused(void **state)
{
	(void)state;
	is_refused("DROP PARTITION p0, p1", "natively");
	is_refused("DROP PARTITION IF EXISTS p0", "natively");
	is_refused("TRUNCATE PARTITION ALL", "natively");
	is_refused("EXCHANGE PARTITION p WITH TABLE x", "natively");
	is_refused("CONVERT PARTITION p TO TABLE x", "natively");
	is_refused("CONVERT TABLE x TO PARTITION p VALUES LESS THAN (5)",
	    "natively");
	is_refused("DISCARD TABLESPACE", "natively");
	is_refused("IMPORT TABLESPACE", "natively");
	is_refused("DISCARD PARTITION p TABLESPACE", "natively");
	is_refused("IMPORT PARTITION p TABLESPACE", "natively");
	is_refused("OPTIMIZE PARTITION p", "natively");
	is_refused("ADD SYSTEM VERSIONING", "versioning");
	is_refused("DROP SYSTEM VERSIONING", "versioning");
	is_refused("ADD PERIOD FOR SYSTEM_TIME(a, b)", "versioning");
	is_refused("DROP PERIOD FOR SYSTEM_TIME", "versioning");
	is_refused("SECONDARY_LOAD", "secondary");
}

static void
the_rest_is_left_to_the_server(void **state)
{
	(void)state;
	reads("ADD COLUMN IF NOT EXISTS a INT, MODIFY b INT AFTER c, "
	    "ENGINE=InnoDB ROW_FORMAT=DYNAMIC, FORCE, ORDER BY a, b",
	    &mariadb, "");
	reads("ADD PARTITION (PARTITION p VALUES LESS THAN (5))", &mysql, "");
	reads("REORGANIZE PARTITION p INTO (PARTITION a VALUES IN (1, 2))",
	    &mysql, "");
	reads("COALESCE PARTITION 2", &mysql, "");
	reads("PARTITION BY HASH(a) PARTITIONS 4", &mysql, "");
	reads("REMOVE PARTITIONING", &mysql, "");
	reads("ENABLE KEYS, DISABLE KEYS", &mysql, "");
	reads("CONVERT TO CHARACTER SET utf8mb4", &mysql, "");
	reads("DROP, CHANGE, CHANGE a, RENAME COLUMN, RENAME COLUMN a, "
	    "RENAME COLUMN a TO, DROP COLUMN 'a', DROP FOREIGN", &mysql, "");
}

/* ... and puts nothing before the first item, nor into another one. */
static void
a_foreign_key_without_a_name_is_no_item(void **state)
{
	(void)state;
	reads("ADD CONSTRAINT 'x' FOREIGN KEY (v) REFERENCES t2 (id)", &mysql,
	    "");
	reads("CHANGE v w INT, ADD CONSTRAINT 'x' FOREIGN KEY (v) REFERENCES "
	    "t2 (id)", &mysql, "rename v>w");
	reads("ADD CONSTRAINT , FOREIGN KEY", &mysql, "");
	reads("ADD CONSTRAINT ( FOREIGN KEY)", &mysql, "");
	reads("ADD CONSTRAINT", &mysql, "");
	reads("ADD", &mysql, "");
	reads("ADD CONSTRAINT FOREIGN KEY (v) REFERENCES t2 (id)", &mysql,
	    "add fkey ");
	reads("ADD CONSTRAINT x FOREIGN KEY REFERENCES", &mysql, "add fkey x");
	reads("ADD CONSTRAINT 'x' FOREIGN KEY (v)", &ansi, "");
	reads("ADD CONSTRAINT \"x\" FOREIGN KEY (v)", &ansi, "add fkey x");
}

static void
another_statement_is_an_error(void **state)
{
	struct alter a;
	struct err e;

	(void)state;
	fails("ADD a INT; DROP TABLE t", "the ALTER: there is a \";\" after 9 "
	    "bytes");
	fails("ADD (a INT; b INT)", "the ALTER: there is a \";\" after 10 "
	    "bytes");
	assert_int_equal(alter_parse(&a, "; ADD a INT", &mysql, &e), -1);
	assert_non_null(strstr(e.hint, "the clauses of one ALTER TABLE"));
	alter_free(&a);
	reads("DROP a; -- x", &mysql, "drop a");
	reads("COMMENT ';', DROP `;` /* ; */ # ;", &mysql, "drop ;");
}

static void
what_is_not_closed_is_an_error(void **state)
{
	(void)state;
	fails("DROP a, COMMENT 'x", "the ALTER: a string is not closed: 'x");
	fails("DROP `a", "the ALTER: a name is not closed: `a");
	fails("DROP a /* b", "the ALTER: a comment is not closed: /* b");
	fails("ADD (a INT", "the ALTER: a \"(\" is not closed: (a INT");
	fails("ADD a DECIMAL(1)), DROP b",
	    "the ALTER: a \")\" has no \"(\": ), DROP b");
	fails("DROP ``", "the ALTER: a name is empty");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_text_says_nothing),
		cmocka_unit_test(renames_are_found_where_patterns_fail),
		cmocka_unit_test(rename_column_is_a_rename),
		cmocka_unit_test(swapped_names_are_two_renames),
		cmocka_unit_test(columns_are_looked_up_without_case),
		cmocka_unit_test(
		    change_is_a_rename_only_when_the_name_changes),
		cmocka_unit_test(indexes_may_be_renamed),
		cmocka_unit_test(dropped_columns_are_found),
		cmocka_unit_test(other_drops_are_no_columns),
		cmocka_unit_test(a_quoted_keyword_is_a_column),
		cmocka_unit_test(
		    words_that_are_keywords_elsewhere_are_columns),
		cmocka_unit_test(strings_and_parentheses_hide_clauses),
		cmocka_unit_test(comments_hide_clauses),
		cmocka_unit_test(version_comments_do_not),
		cmocka_unit_test(
		    what_some_servers_leave_out_is_not_believed),
		cmocka_unit_test(the_place_of_the_name_is_known),
		cmocka_unit_test(the_counter_is_an_option_only_with_a_number),
		cmocka_unit_test(renaming_the_table_is_refused),
		cmocka_unit_test(how_to_alter_is_our_part),
		cmocka_unit_test(a_whole_statement_is_refused),
		cmocka_unit_test(
		    clauses_that_are_not_about_the_shape_are_refused),
		cmocka_unit_test(the_rest_is_left_to_the_server),
		cmocka_unit_test(a_foreign_key_without_a_name_is_no_item),
		cmocka_unit_test(another_statement_is_an_error),
		cmocka_unit_test(what_is_not_closed_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
