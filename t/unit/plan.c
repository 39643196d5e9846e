/* Plans: the tables before and after, and the ALTER; see golden.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "../golden.h"

static void
id_and_name(struct fixture *f)
{
	both(f, "id", "bigint(20)", "auto_increment");
	both(f, "name", "varchar(50)", "null " UTF8);
	primary(&f->old, "id");
	primary(&f->new, "id");
}

static void
add_column(struct fixture *f)
{
	id_and_name(f);
	column(&f->new, "size", "int(11)", "null");
	column(&f->new, "color", "varchar(9)", "default=red " UTF8);
}

static void
add_without_default(struct fixture *f)
{
	id_and_name(f);
	column(&f->new, "size", "int(11)", "");
	column(&f->new, "kind", "enum('a','b')", UTF8);
	column(&f->new, "born", "date", "");
}

static void
rename_column(struct fixture *f)
{
	both(f, "id", "bigint(20)", "");
	column(&f->old, "name", "varchar(50)", "null " UTF8);
	column(&f->new, "title", "varchar(50)", "null " UTF8);
	primary(&f->old, "id");
	primary(&f->new, "id");
}

static void
in_order(struct fixture *f)
{
	both(f, "FTS_DOC_ID", "bigint(20) unsigned", "auto_increment");
	both(f, "body", "text", "null " UTF8);
	column(&f->new, "lang", "char(2)", "null " UTF8);
	primary(&f->old, "FTS_DOC_ID");
	primary(&f->new, "FTS_DOC_ID");
	f->new.create = xstrdup("CREATE TABLE `t` (FULLTEXT KEY `b` (`body`))");
}

static void
by_key(struct fixture *f)
{
	both(f, "id", "bigint(20)", "");
	both(f, "name", "varchar(50)", UTF8);
	column(&f->new, "size", "int(11)", "null");
	primary(&f->old, "id,name");
	primary(&f->new, "id,name");
	f->old.engine = xstrdup("MyISAM");
	f->old.undoes_nothing = true;
}

static void
split_rows(struct fixture *f)
{
	both(f, "room", "varchar(9)", UTF8);
	both(f, "a", "date", "");
	both(f, "b", "date", "");
	column(&f->new, "price", "int(11)", "null");
	primary(&f->old, "room,a");
	primary(&f->new, "room,a");
	f->old.has_period = true;
	f->new.has_period = true;
}

static void
rename_key(struct fixture *f)
{
	column(&f->old, "id", "bigint(20)", "");
	column(&f->new, "no", "bigint(20)", "");
	both(f, "name", "varchar(50)", "null " UTF8);
	primary(&f->old, "id");
	primary(&f->new, "no");
}

static void
swapped_names(struct fixture *f)
{
	both(f, "id", "bigint(20)", "");
	column(&f->old, "a", "int(11)", "");
	column(&f->old, "b", "varchar(20)", UTF8);
	column(&f->new, "b", "int(11)", "");
	column(&f->new, "a", "varchar(20)", UTF8);
	primary(&f->old, "id");
	primary(&f->new, "id");
}

static void
rename_onto_dropped(struct fixture *f)
{
	both(f, "id", "bigint(20)", "");
	column(&f->old, "a", "int(11)", "");
	column(&f->old, "b", "int(11)", "");
	column(&f->new, "b", "int(11)", "");
	primary(&f->old, "id");
	primary(&f->new, "id");
}

static void
drop_and_add(struct fixture *f)
{
	both(f, "id", "bigint(20)", "");
	both(f, "a", "int(11)", "");
	primary(&f->old, "id");
	primary(&f->new, "id");
}

static void
composite_key(struct fixture *f)
{
	both(f, "shop", "int(10) unsigned", "");
	both(f, "kind", "enum('a','b','c')", UTF8);
	both(f, "code", "varbinary(8)", "");
	column(&f->old, "n", "int(11)", "null");
	column(&f->new, "n", "bigint(20)", "null");
	primary(&f->old, "shop,kind,code");
	primary(&f->new, "shop,kind,code");
}

static void
descending_key(struct fixture *f)
{
	both(f, "day", "date", "");
	both(f, "no", "int(11)", "");
	column(&f->new, "note", "text", "null " UTF8);
	primary(&f->old, "-day,no");
	primary(&f->new, "-day,no");
}

static void
timestamp_key(struct fixture *f)
{
	both(f, "at", "timestamp(6)", "");
	both(f, "n", "int(11)", "null");
	primary(&f->old, "at");
	primary(&f->new, "at");
	key(&f->new, "n", false, "n");
}

static void
timestamp_to_datetime(struct fixture *f)
{
	both(f, "id", "bigint(20)", "");
	column(&f->old, "at", "timestamp", "null");
	column(&f->new, "at", "datetime", "null");
	primary(&f->old, "id");
	primary(&f->new, "id");
}

/* The old primary key is gone; another unique key leads. */
static void
other_primary_key(struct fixture *f)
{
	both(f, "id", "bigint(20)", "");
	both(f, "email", "varchar(50)", UTF8);
	both(f, "n", "int(11)", "null");
	primary(&f->old, "id");
	unique(&f->old, "email", "email");
	primary(&f->new, "email");
}

/* What identifies a row is the new key with the old one. */
static void
primary_key_of_two(struct fixture *f)
{
	both(f, "id", "bigint(20)", "");
	both(f, "shop", "int(11)", "");
	both(f, "n", "int(11)", "null");
	primary(&f->old, "id");
	primary(&f->new, "shop,id");
}

static void
new_unique_key(struct fixture *f)
{
	id_and_name(f);
	unique(&f->new, "name", "name");
}

static void
hostile_names(struct fixture *f)
{
	both(f, "a`b", "bigint(20)", "");
	column(&f->old, "%s%n", "varchar(9)", UTF8);
	column(&f->new, "`; DROP TABLE t; --", "varchar(9)", UTF8);
	column(&f->new, "'%d\\", "int(11)", "");
	unique(&f->old, "k`%s", "a`b");
	unique(&f->new, "k`%s", "a`b");
}

static void
other_definer(struct fixture *f)
{
	id_and_name(f);
	f->options.definer = "`trig`@`%`";
}

static void
null_to_not_null(struct fixture *f)
{
	both(f, "id", "bigint(20)", "");
	column(&f->old, "n", "int(11)", "null");
	column(&f->new, "n", "int(11)", "");
	column(&f->old, "name", "varchar(20)", "null " UTF8);
	column(&f->new, "name", "varchar(20)", UTF8);
	primary(&f->old, "id");
	primary(&f->new, "id");
	f->options.null_to_not_null = true;
}

static void
all_types(struct fixture *f)
{
	both(f, "id", "bigint(20)", "auto_increment");
	both(f, "f", "float", "null");
	both(f, "b", "bit(8)", "null");
	both(f, "e", "enum('a','b')", "null " UTF8);
	both(f, "t", "longtext", "null " UTF8);
	both(f, "d", "decimal(10,2)", "");
	both(f, "v", "varbinary(9)", "null");
	both(f, "g", "int(11)", "null generated");
	column(&f->old, "c", "int(11)", "null");
	column(&f->new, "c", "varchar(20)", "null " UTF8);
	primary(&f->old, "id");
	primary(&f->new, "id");
	f->server.autoinc_lock = true;
}

static void
only_counted(struct fixture *f)
{
	rename_column(f);
	f->options.checksum = false;
}

static void
chosen_index(struct fixture *f)
{
	both(f, "id", "bigint(20)", "");
	both(f, "code", "char(3)", "collate=ascii_bin");
	primary(&f->old, "id");
	unique(&f->old, "code", "code");
	primary(&f->new, "id");
	unique(&f->new, "code", "code");
	f->options.chunk_index = "CODE";
}

/* Nobody assigns the second half of the key. */
static void
computed_key(struct fixture *f)
{
	const char *digest = "collate=utf8mb4_bin generated=lower(`name`)";

	both(f, "id", "bigint(20)", "");
	column(&f->old, "name", "varchar(50)", UTF8);
	column(&f->new, "name", "varchar(90)", UTF8);
	both(f, "g", "varchar(90)", digest);
	column(&f->new, "size", "int(11)", "null");
	primary(&f->old, "g,id");
	primary(&f->new, "g,id");
}

/* One of the columns goes, and the sessions' clock is UTC. */
static void
some_rows(struct fixture *f)
{
	both(f, "id", "bigint(20)", "");
	column(&f->old, "state", "varchar(9)", UTF8);
	both(f, "at", "timestamp", "null");
	primary(&f->old, "id");
	primary(&f->new, "id");
	f->where = "at > NOW() - INTERVAL 30 DAY AND (t.state <> 'a' OR id IN "
	    "(1, 2)) -- )";
}

static struct golden cases[] = {
	{ "add-column", "t", "ADD size INT, ADD color VARCHAR(9) NOT NULL "
	    "DEFAULT 'red'", &mariadb_10_11, add_column },
	{ "add-column-mariadb-10.6", "t", "ADD size INT, ADD color "
	    "VARCHAR(9) NOT NULL DEFAULT 'red'", &mariadb_10_6, add_column },
	{ "add-column-mysql", "t", "ADD size INT, ADD color VARCHAR(9) NOT "
	    "NULL DEFAULT 'red'", &mysql_8_4, add_column },
	{ "add-without-default", "t", "ADD size INT NOT NULL, ADD kind "
	    "ENUM('a','b') NOT NULL, ADD born DATE NOT NULL", &mariadb_10_11,
	    add_without_default },
	{ "rename-column", "t", "RENAME COLUMN name TO title",
	    &mariadb_10_11, rename_column },
	{ "in-order", "t", "ADD lang CHAR(2)", &mysql_8_4, in_order },
	{ "in-order-mariadb", "t", "ADD lang CHAR(2)", &mariadb_10_11,
	    in_order },
	{ "by-key", "t", "ENGINE=InnoDB, ADD size INT", &mysql_8_4, by_key },
	{ "by-key-mariadb", "t", "ENGINE=InnoDB, ADD size INT",
	    &mariadb_10_11, by_key },
	{ "split-rows", "t", "ADD price INT", &mariadb_10_11, split_rows },
	{ "rename-key", "t", "CHANGE id no BIGINT NOT NULL", &mariadb_10_11,
	    rename_key },
	{ "swapped-names", "t", "RENAME COLUMN a TO b, RENAME COLUMN b TO a",
	    &mariadb_10_11, swapped_names },
	{ "rename-onto-dropped", "t", "DROP b, RENAME COLUMN a TO b",
	    &mariadb_10_11, rename_onto_dropped },
	{ "drop-and-add", "t", "DROP a, ADD a INT NOT NULL", &mariadb_10_11,
	    drop_and_add },
	{ "composite-key", "t", "MODIFY n BIGINT", &mariadb_10_11,
	    composite_key },
	{ "descending-key", "t", "ADD note TEXT", &mysql_8_4,
	    descending_key },
	{ "timestamp-key", "t", "ADD KEY n (n)", &mariadb_10_11,
	    timestamp_key },
	{ "timestamp-to-datetime", "t", "MODIFY at DATETIME", &mariadb_10_11,
	    timestamp_to_datetime },
	{ "other-primary-key", "t", "DROP PRIMARY KEY, ADD PRIMARY KEY "
	    "(email)", &mariadb_10_11, other_primary_key },
	{ "primary-key-of-two", "t", "DROP PRIMARY KEY, ADD PRIMARY KEY "
	    "(shop, id)", &mysql_8_4, primary_key_of_two },
	{ "new-unique-key", "t", "ADD UNIQUE KEY name (name)",
	    &mariadb_10_11, new_unique_key },
	{ "hostile-names", "t`; %s", "RENAME COLUMN `%s%n` TO ```; DROP TABLE "
	    "t; --`, ADD `'%d\\` INT NOT NULL", &mariadb_10_11,
	    hostile_names },
	{ "trigger-definer", "t", "FORCE", &mysql_8_4, other_definer },
	{ "null-to-not-null", "t", "MODIFY n INT NOT NULL, MODIFY name "
	    "VARCHAR(20) NOT NULL", &mariadb_10_11, null_to_not_null },
	{ "all-types-mariadb", "t", "MODIFY c VARCHAR(20)", &mariadb_10_11,
	    all_types },
	{ "all-types-mysql", "t", "MODIFY c VARCHAR(20)", &mysql_8_4,
	    all_types },
	{ "only-counted", "t", "RENAME COLUMN name TO title",
	    &mariadb_10_11, only_counted },
	{ "chosen-index", "t", "FORCE", &mariadb_10_11, chosen_index },
	{ "where", "t", "DROP state", &mariadb_10_11, some_rows },
	{ "where-mysql", "t", "DROP state", &mysql_8_4, some_rows },
	{ "computed-key", "t", "MODIFY name VARCHAR(90) NOT NULL, ADD size "
	    "INT", &mysql_8_4, computed_key },
	{ "long-name", "a_table_with_a_name_of_64_characters_which_are_as_"
	    "many_as_can_be", "ADD size INT, ADD color VARCHAR(9) NOT NULL "
	    "DEFAULT 'red'", &mariadb_10_11, add_column },
};
#define N_CASES (sizeof(cases) / sizeof(cases[0]))

/* --- each of them is a test ---------------------------------------------- */

static void
plan_is_as_written_down(void **state)
{
	golden_check(*state, false);
}

int
main(void)
{
	struct CMUnitTest tests[N_CASES];

	golden_tests(tests, cases, N_CASES, plan_is_as_written_down);
	return cmocka_run_group_tests_name("plan", tests, NULL, NULL);
}
