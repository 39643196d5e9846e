#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "model/ddl.h"

/* As MariaDB 10.11 and MySQL 9 print them, shortened. */
#define HEAD "CREATE TABLE `t` (\n  `id` int NOT NULL,\n" \
	"  PRIMARY KEY (`id`)\n)"
#define NEW_HEAD "CREATE TABLE `d`.`_t_new` (\n  `id` int NOT NULL,\n" \
	"  PRIMARY KEY (`id`)\n)"

static void
turns_into(const char *was, struct ddl_change how, const char *want)
{
	struct str got = STR_INIT;
	struct qname to;
	struct err e;

	assert_int_equal(qname_set(&to, "d", "_t_new", &e), 0);
	how.to = &to;
	assert_int_equal(ddl_create(&got, was, &how, &e), 0);
	assert_string_equal(got.s, want);
	str_free(&got);
}

static void
fails(const char *text)
{
	struct ddl_change how = { .data_dir = "/x", .drop_engine = true };
	struct str got = STR_INIT;
	struct qname to;
	struct err e;

	assert_int_equal(qname_set(&to, "d", "_t_new", &e), 0);
	how.to = &to;
	str_addz(&got, "before");
	assert_int_equal(ddl_create(&got, text, &how, &e), -1);
	assert_int_equal(e.kind, ERR_CREATE);
	assert_string_equal(got.s, "before");
	str_free(&got);
}

static void
append_x(void *arg, const char *name, struct ident *to)
{
	int *calls = arg;

	ident_derive(to, "", name, "_x");
	++*calls;
}

static void
only_the_name_changes_when_nothing_else_is_asked(void **state)
{
	const struct ddl_change keep = { 0 };

	(void)state;
	turns_into(HEAD " ENGINE=InnoDB AUTO_INCREMENT=7 DATA DIRECTORY='/d/'",
	    keep, NEW_HEAD " ENGINE=InnoDB AUTO_INCREMENT=7 "
	    "DATA DIRECTORY='/d/'");
	turns_into("CREATE TABLE `a``b` (\n  `x)y` int DEFAULT 5 COMMENT "
	    "'it''s ) ENGINE=x, \\\\ \\n CONSTRAINT'\n) ENGINE=InnoDB", keep,
	    "CREATE TABLE `d`.`_t_new` (\n  `x)y` int DEFAULT 5 COMMENT "
	    "'it''s ) ENGINE=x, \\\\ \\n CONSTRAINT'\n) ENGINE=InnoDB");
}

static void
the_engine_can_be_left_out(void **state)
{
	const struct ddl_change how = { .drop_engine = true };

	(void)state;
	turns_into(HEAD " ENGINE=InnoDB DEFAULT CHARSET=latin1", how,
	    NEW_HEAD " DEFAULT CHARSET=latin1");
	turns_into(HEAD " ENGINE=InnoDB", how, NEW_HEAD);
	turns_into(HEAD " DEFAULT CHARSET=latin1", how,
	    NEW_HEAD " DEFAULT CHARSET=latin1");
	turns_into(HEAD " ENGINE=InnoDB COMMENT='ENGINE=MyISAM it''s'", how,
	    NEW_HEAD " COMMENT='ENGINE=MyISAM it''s'");
}

static void
partitions_lose_it_too(void **state)
{
	const struct ddl_change how = { .drop_engine = true };

	(void)state;
	turns_into(HEAD " ENGINE=InnoDB\n/*!50100 PARTITION BY RANGE (`id`)\n"
	    "(PARTITION p0 VALUES LESS THAN (10) ENGINE = InnoDB,\n PARTITION "
	    "`by` VALUES LESS THAN MAXVALUE COMMENT = 'x' ENGINE = InnoDB) */",
	    how, NEW_HEAD "\n/*!50100 PARTITION BY RANGE (`id`)\n"
	    "(PARTITION p0 VALUES LESS THAN (10),\n PARTITION "
	    "`by` VALUES LESS THAN MAXVALUE COMMENT = 'x') */");
	turns_into(HEAD "\n PARTITION BY RANGE (`id`)\nSUBPARTITION BY HASH "
	    "(`d`)\n(PARTITION `p0` VALUES LESS THAN (10)\n (SUBPARTITION s0 "
	    "ENGINE = InnoDB,\n  SUBPARTITION s1 ENGINE = InnoDB))", how,
	    NEW_HEAD "\n PARTITION BY RANGE (`id`)\nSUBPARTITION BY HASH "
	    "(`d`)\n(PARTITION `p0` VALUES LESS THAN (10)\n (SUBPARTITION "
	    "s0,\n  SUBPARTITION s1))");
}

static void
a_partition_may_be_called_as_an_option(void **state)
{
	const struct ddl_change how = {
		.drop_engine = true, .drop_data_dir = true,
		.drop_tablespace = true,
	};

	(void)state;
	turns_into(HEAD "\n PARTITION BY LIST (`id`)\n(PARTITION tablespace "
	    "VALUES IN (1,2) ENGINE = InnoDB,\n PARTITION data VALUES IN (3))",
	    how, NEW_HEAD "\n PARTITION BY LIST (`id`)\n(PARTITION tablespace "
	    "VALUES IN (1,2),\n PARTITION data VALUES IN (3))");
}

static void
columns_and_engine_attributes_keep_their_names(void **state)
{
	const struct ddl_change how = {
		.drop_engine = true, .drop_data_dir = true,
		.drop_tablespace = true,
	};

	(void)state;
	turns_into("CREATE TABLE `t` (\n  `ENGINE` int,\n  `g` int GENERATED "
	    "ALWAYS AS (`ENGINE` = 5)\n) `engine`='x'", how,
	    "CREATE TABLE `d`.`_t_new` (\n  `ENGINE` int,\n  `g` int "
	    "GENERATED ALWAYS AS (`ENGINE` = 5)\n) `engine`='x'");
}

static void
the_data_directory_can_be_left_out(void **state)
{
	const struct ddl_change how = { .drop_data_dir = true };

	(void)state;
	turns_into(HEAD " ENGINE=InnoDB ROW_FORMAT=DYNAMIC "
	    "DATA DIRECTORY='/d/'", how,
	    NEW_HEAD " ENGINE=InnoDB ROW_FORMAT=DYNAMIC");
	turns_into(HEAD " ENGINE=InnoDB /*!50100 DATA DIRECTORY='/d/' */ "
	    "COMMENT='x'", how, NEW_HEAD " ENGINE=InnoDB COMMENT='x'");
	turns_into(HEAD "\n/*!50100 PARTITION BY RANGE (`id`)\n(PARTITION p0 "
	    "VALUES LESS THAN (10) DATA DIRECTORY = '/d/' COMMENT = 'x' "
	    "ENGINE = InnoDB) */", how,
	    NEW_HEAD "\n/*!50100 PARTITION BY RANGE (`id`)\n(PARTITION p0 "
	    "VALUES LESS THAN (10) COMMENT = 'x' ENGINE = InnoDB) */");
}

static void
the_tablespace_can_be_left_out(void **state)
{
	const struct ddl_change how = { .drop_tablespace = true };

	(void)state;
	turns_into(HEAD " /*!50100 TABLESPACE `t s` */ ENGINE=InnoDB", how,
	    NEW_HEAD " ENGINE=InnoDB");
	turns_into(HEAD " TABLESPACE ts", how, NEW_HEAD);
	turns_into(HEAD " ENGINE=InnoDB\n/*!50100 PARTITION BY RANGE (`id`)\n"
	    "(PARTITION p0 VALUES LESS THAN (10) TABLESPACE = "
	    "`innodb_file_per_table` ENGINE = InnoDB) */", how,
	    NEW_HEAD " ENGINE=InnoDB\n/*!50100 PARTITION BY RANGE (`id`)\n"
	    "(PARTITION p0 VALUES LESS THAN (10) ENGINE = InnoDB) */");
}

static void
everything_can_be_left_out_at_once(void **state)
{
	const struct ddl_change how = {
		.drop_engine = true, .drop_data_dir = true,
		.drop_tablespace = true,
	};

	(void)state;
	turns_into(HEAD " /*!50100 TABLESPACE `a` */ "
	    "/*!50100 DATA DIRECTORY='/d/' */ ENGINE=InnoDB", how, NEW_HEAD);
	turns_into(HEAD " /*!50100 TABLESPACE `a` DATA DIRECTORY='/d/' */ "
	    "COMMENT='x'", how, NEW_HEAD " /*!50100 */ COMMENT='x'");
}

static void
a_data_directory_can_be_put_in(void **state)
{
	const struct ddl_change how = {
		.drop_data_dir = true, .data_dir = "/it's\\here",
	};

	(void)state;
	turns_into(HEAD " ENGINE=InnoDB DATA DIRECTORY='/d/'", how,
	    NEW_HEAD " DATA DIRECTORY='/it''s\\\\here' ENGINE=InnoDB");
	turns_into(HEAD, how, NEW_HEAD " DATA DIRECTORY='/it''s\\\\here'");
}

static void
checks_and_foreign_keys_are_renamed(void **state)
{
	int calls = 0;
	const struct ddl_change how = {
		.rename_check = append_x, .arg = &calls,
	};

	(void)state;
	turns_into("CREATE TABLE `t` (\n  `id` int,\n  CONSTRAINT `fk` "
	    "FOREIGN KEY (`id`) REFERENCES `p` (`id`),\n  CONSTRAINT `a``c` "
	    "CHECK ((`id` <> 4)) /*!80016 NOT ENFORCED */,\n  CONSTRAINT "
	    "`t_chk_1` CHECK ((`id` > 0))\n) ENGINE=InnoDB", how,
	    "CREATE TABLE `d`.`_t_new` (\n  `id` int,\n  "
	    "CONSTRAINT `fk_livealter` FOREIGN KEY (`id`) REFERENCES `p` "
	    "(`id`),\n  CONSTRAINT `a``c_x` "
	    "CHECK ((`id` <> 4)) /*!80016 NOT ENFORCED */,\n  CONSTRAINT "
	    "`t_chk_1_x` CHECK ((`id` > 0))\n) ENGINE=InnoDB");
	assert_int_equal(calls, 2);
}

static void
a_text_that_only_looks_like_a_check_stays(void **state)
{
	int calls = 0;
	const struct ddl_change how = {
		.rename_check = append_x, .arg = &calls,
	};

	(void)state;
	turns_into("CREATE TABLE `t` (\n  `c` int CHECK (`c` > 2) COMMENT "
	    "'CONSTRAINT `a` CHECK (1)',\n  `CONSTRAINT` int\n)", how,
	    "CREATE TABLE `d`.`_t_new` (\n  `c` int CHECK (`c` > 2) COMMENT "
	    "'CONSTRAINT `a` CHECK (1)',\n  `CONSTRAINT` int\n)");
	assert_int_equal(calls, 0);
}

static void
checks_keep_their_names_without_a_callback(void **state)
{
	const struct ddl_change keep = { 0 };

	(void)state;
	turns_into("CREATE TABLE `t` (\n  `c` int,\n  CONSTRAINT `k` CHECK "
	    "(`c` > 2)\n)", keep, "CREATE TABLE `d`.`_t_new` (\n  `c` int,\n"
	    "  CONSTRAINT `k` CHECK (`c` > 2)\n)");
}

static void
what_is_no_create_table_is_refused(void **state)
{
	(void)state;
	fails("");
	fails("CREATE VIEW `v` AS SELECT 1");
	fails("CREATE TABLE `t`");
	fails("CREATE TABLE 't' (`a` int)");
	fails("CREATE TABLE `t` (`a` int");
	fails("CREATE TABLE `t` (`a` int COMMENT 'x)");
	fails("CREATE TABLE `t` (`a` int))");
	fails("CREATE TABLE `t` (`a` int) (PARTITION");
	fails("CREATE TABLE `t` (`a` int); DROP TABLE `t`");
	fails("CREATE TABLE `t` (`a` int; DROP TABLE `t`)");
	fails("CREATE TABLE `t` (`a` int DEFAULT ('x' ; DROP TABLE `t`))");
}

static void
an_option_cut_short_is_left_alone(void **state)
{
	const struct ddl_change how = {
		.drop_engine = true, .drop_data_dir = true,
		.drop_tablespace = true, .drop_collation = true,
	};

	(void)state;
	turns_into(HEAD " ENGINE=", how, NEW_HEAD " ENGINE=");
	turns_into(HEAD " DATA DIRECTORY", how, NEW_HEAD " DATA DIRECTORY");
	turns_into(HEAD " TABLESPACE", how, NEW_HEAD " TABLESPACE");
	turns_into(HEAD " COLLATE=", how, NEW_HEAD " COLLATE=");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    only_the_name_changes_when_nothing_else_is_asked),
		cmocka_unit_test(the_engine_can_be_left_out),
		cmocka_unit_test(partitions_lose_it_too),
		cmocka_unit_test(a_partition_may_be_called_as_an_option),
		cmocka_unit_test(
		    columns_and_engine_attributes_keep_their_names),
		cmocka_unit_test(the_data_directory_can_be_left_out),
		cmocka_unit_test(the_tablespace_can_be_left_out),
		cmocka_unit_test(everything_can_be_left_out_at_once),
		cmocka_unit_test(a_data_directory_can_be_put_in),
		cmocka_unit_test(checks_and_foreign_keys_are_renamed),
		cmocka_unit_test(a_text_that_only_looks_like_a_check_stays),
		cmocka_unit_test(checks_keep_their_names_without_a_callback),
		cmocka_unit_test(what_is_no_create_table_is_refused),
		cmocka_unit_test(an_option_cut_short_is_left_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
