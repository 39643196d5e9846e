#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "model/usage.h"

static const struct lex_mode mode = { .mariadb = false };

/* Is column c of table app.t named in a text of schema app? */
static bool
names_c(const char *text, const char *schema, bool resolved, bool fold)
{
	struct usage u = { .resolved = resolved, .fold = fold };
	struct ident home, c;
	struct qname t;
	struct err e;
	bool yes;

	assert_int_equal(qname_set(&t, "app", "t", &e), 0);
	assert_int_equal(ident_set(&c, "c", &e), 0);
	assert_int_equal(ident_set(&home, schema, &e), 0);
	assert_int_equal(lex_scan(&u.l, text, &mode, &e), 0);
	u.schema = &home;
	yes = usage_column(&u, &t, &c);
	if (yes)
		assert_true(usage_table(&u, &t));
	lex_free(&u.l);
	return yes;
}

static void
used(const char *text)
{
	if (!names_c(text, "app", false, false))
		fail_msg("not found in: %s", text);
}

static void
unused(const char *text)
{
	if (names_c(text, "app", false, false))
		fail_msg("found in: %s", text);
}

static void
used_by_view(const char *text)
{
	if (!names_c(text, "app", true, false))
		fail_msg("not found in: %s", text);
}

static void
unused_by_view(const char *text)
{
	if (names_c(text, "app", true, false))
		fail_msg("found in: %s", text);
}

static void
the_table_and_the_column_must_both_be_named(void **state)
{
	(void)state;
	used("SELECT c FROM t");
	used("UPDATE `t` SET `C` = 1");
	used("INSERT INTO t (id, c) VALUES (1, 2)");
	used("INSERT INTO t VALUES (1) ON DUPLICATE KEY UPDATE c = 1");
	used("SELECT EXTRACT(YEAR FROM c) FROM t");
	unused("SELECT d FROM t");
	unused("SELECT c FROM u");
	unused("SELECT * FROM t");
	unused("SELECT 'c' FROM t /* c */ -- c");
	unused("SELECT cc, c1 FROM t");
}

static void
names_that_stand_for_something_else_are_not_the_column(void **state)
{
	(void)state;
	unused("SELECT c(id), @c FROM t");
	unused("SELECT id AS c FROM t");
	unused("SELECT id INTO c FROM t");
	unused("SELECT c.id FROM t JOIN u AS c");
	unused("BEGIN DECLARE c INT; DELETE FROM t; END");
}

static void
a_qualifier_is_the_table_or_its_alias(void **state)
{
	(void)state;
	used("SELECT t.c FROM t");
	used("SELECT app.t.c FROM t");
	used("SELECT x.c FROM t x");
	used("SELECT x.c FROM t AS x JOIN u");
	used("SELECT x.c FROM u, t PARTITION (p0, p1) AS x");
	used("SELECT `x y`.`c` FROM t AS `x y`");
	unused("SELECT u.c FROM t JOIN u");
	unused("SELECT far.t.c FROM t JOIN far.t");
	unused("UPDATE t SET a = NEW.c");
	unused("SELECT x.c FROM t, u x");
}

static void
a_table_without_a_schema_is_of_the_own_one(void **state)
{
	(void)state;
	assert_true(names_c("SELECT c FROM app.t", "far", false, false));
	assert_true(names_c("SELECT t.c FROM app.t", "far", false, false));
	assert_false(names_c("SELECT c FROM t", "far", false, false));
	unused("SELECT c FROM far.t");
}

static void
case_of_tables_counts_where_the_server_says_so(void **state)
{
	(void)state;
	unused("SELECT c FROM T");
	unused("SELECT c FROM APP.t");
	assert_true(names_c("SELECT c FROM App.T", "far", false, true));
	assert_true(names_c("SELECT c FROM T", "APP", false, true));
}

static void
in_a_view_a_column_alone_is_a_label(void **state)
{
	(void)state;
	used_by_view("select `app`.`t`.`c` AS `d` from `app`.`t`");
	used_by_view("select `x`.`c` AS `d` from `app`.`t` `x`");
	unused_by_view("select `app`.`t`.`id` AS `c` from `app`.`t`");
	unused_by_view("select `app`.`t`.`id` AS `c`,`app`.`u`.`c` AS `d` "
	    "from (`app`.`t` join `app`.`u`) having `c` > 1");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_table_and_the_column_must_both_be_named),
		cmocka_unit_test(
		    names_that_stand_for_something_else_are_not_the_column),
		cmocka_unit_test(a_qualifier_is_the_table_or_its_alias),
		cmocka_unit_test(a_table_without_a_schema_is_of_the_own_one),
		cmocka_unit_test(
		    case_of_tables_counts_where_the_server_says_so),
		cmocka_unit_test(in_a_view_a_column_alone_is_a_label),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
