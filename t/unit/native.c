#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "model/native.h"

static const struct server mysql = { .version = 90704 };
static const struct server mariadb = { .mariadb = true, .version = 101119 };

/* What the text of an ALTER says, as a word. */
static const char *
judge(const char *text, const struct server *s)
{
	struct alter a;
	struct err e;
	const char *what;

	assert_int_equal(alter_read(&a, text, s, &e), 0);
	what = native_unasked(&a, s) != NULL ? "not asked" :
	    native_asks(&a, s, "COPY") ? "copy" :
	    native_unfit(&a, s) != NULL ? "unfit" :
	    native_builds_none(&a, s) ? "builds none" : "asked";
	alter_free(&a);
	return what;
}

static void
is(const char *text, const char *want)
{
	const char *got = judge(text, &mysql);

	if (strcmp(got, want) != 0)
		fail_msg("MySQL, \"%s\": %s, not %s", text, got, want);
	got = judge(text, &mariadb);
	if (strcmp(got, want) != 0)
		fail_msg("MariaDB, \"%s\": %s, not %s", text, got, want);
}

static void
test_asked(void **state)
{
	(void)state;
	is("ADD c INT", "asked");
	is("ADD c INT -- , ALGORITHM=COPY", "asked");
	is("ADD c INT COMMENT 'ALGORITHM=COPY PARTITION ORDER BY'", "asked");
	is("ADD algorithm INT, ADD `lock` INT", "asked");
	is("ADD c INT, LOCK=NONE", "asked");
	is("ADD c INT AS (ROW_NUMBER() OVER (PARTITION BY a ORDER BY b))",
	    "asked");
	is("ADD INDEX (c)", "asked");
}

static void
test_not_asked(void **state)
{
	(void)state;
	is("", "not asked");
	is("ALGORITHM=INSTANT", "not asked");
	is("COMMENT='x' ALGORITHM=COPY", "not asked");
	is("ADD c INT algorithm copy", "not asked");
	assert_string_equal(judge("ADD c INT /*!80017 , ALGORITHM=COPY */",
	    &mysql), "not asked");
}

static void
test_copied(void **state)
{
	(void)state;
	is("ADD c INT, ALGORITHM=COPY", "copy");
	is("ADD c INT, algorithm `copy`, LOCK=SHARED", "copy");
	assert_string_equal(judge("ADD c INT, ALGORITHM=NOCOPY", &mariadb),
	    "asked");
	is("ADD FOREIGN KEY (a) REFERENCES t (a)", "unfit");
	is("ADD c INT, ADD CONSTRAINT x FOREIGN KEY (a) REFERENCES t (a)",
	    "unfit");
	is("PARTITION BY HASH (a)", "unfit");
	is("ADD c INT PARTITION BY HASH (a)", "unfit");
	is("REMOVE PARTITIONING", "unfit");
	is("ORDER BY a", "unfit");
}

static void
test_builds_none(void **state)
{
	(void)state;
	is("DROP INDEX a", "builds none");
	is("drop key a, RENAME INDEX b TO c", "builds none");
	is("DROP FOREIGN KEY a, COMMENT='x'", "builds none");
	is("MODIFY c VARCHAR(30) COMMENT 'UNIQUE KEY'", "builds none");
	is("ALTER c SET DEFAULT 1, ALTER INDEX i INVISIBLE", "builds none");
	is("MODIFY c VARCHAR(30) UNIQUE", "asked");
	is("CHANGE c c VARCHAR(30) PRIMARY KEY", "asked");
	is("MODIFY c INT REFERENCES t (a)", "asked");
	is("DROP INDEX a, ADD INDEX b (a)", "asked");
	is("ADD UNIQUE (a), DROP INDEX a", "asked");
	is("DROP c", "asked");
	is("DROP INDEX a, DROP COLUMN c", "asked");
	is("DROP PRIMARY KEY", "asked");
	is("FORCE", "asked");
}

static bool
alike(char *one, char *other)
{
	const struct table a = { .create = one }, b = { .create = other };

	return native_alike(&a, &b);
}

static void
test_alike(void **state)
{
	(void)state;
	char t[] = "CREATE TABLE `t` (\n  `a` int,\n  CONSTRAINT `x` CHECK "
	    "(`a`)\n) ENGINE=InnoDB AUTO_INCREMENT=4";
	char other_names[] = "CREATE TABLE `u` (\n  `a` int,\n  CONSTRAINT "
	    "`y` CHECK (`a`)\n) ENGINE=InnoDB";
	char without[] = "CREATE TABLE `t` (\n  `a` int\n) ENGINE=InnoDB";
	char wider[] = "CREATE TABLE `t` (\n  `a` bigint,\n  CONSTRAINT `x` "
	    "CHECK (`a`)\n) ENGINE=InnoDB";
	char more[] = "CREATE TABLE `t` (\n  `a` int,\n  `b` int,\n  "
	    "CONSTRAINT `x` CHECK (`a`)\n) ENGINE=InnoDB";

	assert_true(alike(t, t));
	assert_true(alike(t, other_names));
	assert_false(alike(t, without));
	assert_false(alike(t, wider));
	assert_false(alike(t, more));
	assert_false(alike(more, t));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_asked),
		cmocka_unit_test(test_not_asked),
		cmocka_unit_test(test_copied),
		cmocka_unit_test(test_builds_none),
		cmocka_unit_test(test_alike),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
