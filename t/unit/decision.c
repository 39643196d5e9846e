/* What planner_make() refuses, and what it decides without a word of SQL. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "../fixture.h"
#include "model/pair.h"
#include "model/planner.h"
#include "model/sql.h"
#include "model/value.h"

static int
setup(void **state)
{
	struct fixture *f = xcalloc(1, sizeof(*f));

	fixture_begin(f);
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	fixture_end(f);
	free(f);
	return 0;
}

static void
refuses(struct fixture *f, const char *alter, enum err_kind kind,
    const char *says)
{
	assert_int_equal(fixture_plan(f, "t", alter), -1);
	assert_int_equal(f->e.kind, kind);
	if (strstr(f->e.text, says) == NULL)
		fail_msg("not \"%s\" but %s", says, f->e.text);
}

static void
a_table_without_a_key_is_refused(void **state)
{
	struct fixture *f = *state;

	both(f, "id", "int(11)", "");
	key(&f->old, "id", false, "id");
	primary(&f->new, "id");
	refuses(f, "ADD PRIMARY KEY (id)", ERR_NO_KEY, "no PRIMARY KEY and "
	    "no unique key of NOT NULL columns to walk it by");
	assert_string_not_equal(f->e.hint, "");
}

static void
a_key_that_may_be_null_is_refused_with_its_reason(void **state)
{
	struct fixture *f = *state;

	both(f, "id", "int(11)", "null");
	unique(&f->old, "u", "id");
	unique(&f->new, "u", "id");
	refuses(f, "FORCE", ERR_NO_KEY,
	    "`u` will not do: it has a column that may be NULL");
}

static void
a_row_must_be_found_again_after_the_alter(void **state)
{
	struct fixture *f = *state;

	column(&f->old, "id", "int(11)", "");
	both(f, "n", "int(11)", "null");
	column(&f->new, "no", "int(11)", "auto_increment");
	primary(&f->old, "id");
	primary(&f->new, "no");
	refuses(f, "DROP id, ADD no INT NOT NULL AUTO_INCREMENT PRIMARY KEY",
	    ERR_NO_KEY, "identifies a row before and after");
}

static void
dropping_the_only_unique_key_is_refused(void **state)
{
	struct fixture *f = *state;

	both(f, "id", "int(11)", "");
	primary(&f->old, "id");
	refuses(f, "DROP PRIMARY KEY", ERR_NO_KEY,
	    "identifies a row before and after");
}

static void
a_column_that_is_just_gone_is_refused(void **state)
{
	struct fixture *f = *state;

	both(f, "id", "int(11)", "");
	column(&f->old, "n", "int(11)", "");
	primary(&f->old, "id");
	primary(&f->new, "id");
	refuses(f, "FORCE", ERR_REFUSED, "column `n` is not in the new table");
}

/* The scanner took it for a rename, and the server did something else. */
static void
a_renamed_column_must_be_there(void **state)
{
	struct fixture *f = *state;

	both(f, "id", "int(11)", "");
	column(&f->old, "n", "int(11)", "");
	column(&f->new, "x", "int(11)", "");
	primary(&f->old, "id");
	primary(&f->new, "id");
	refuses(f, "RENAME COLUMN n TO m", ERR_REFUSED,
	    "column `n` is not in the new table");
}

static void
a_chunk_index_that_is_not_there_is_not_used(void **state)
{
	struct fixture *f = *state;

	both(f, "id", "int(11)", "");
	primary(&f->old, "id");
	primary(&f->new, "id");
	f->options.chunk_index = "nope";
	assert_int_equal(fixture_plan(f, "t", "FORCE"), 0);
	assert_string_equal(f->plan.walk->name.raw, "PRIMARY");
}

static void
a_chunk_index_that_cannot_order_the_rows_is_not_used(void **state)
{
	struct fixture *f = *state;

	both(f, "id", "int(11)", "");
	both(f, "n", "int(11)", "null");
	primary(&f->old, "id");
	key(&f->old, "n", false, "n");
	primary(&f->new, "id");
	f->options.chunk_index = "n";
	assert_int_equal(fixture_plan(f, "t", "FORCE"), 0);
	assert_string_equal(f->plan.walk->name.raw, "PRIMARY");
}

static void
with_a_timestamp_all_is_done_in_utc(void **state)
{
	struct fixture *f = *state;
	struct str q = STR_INIT;

	both(f, "at", "timestamp", "");
	column(&f->old, "d", "timestamp", "");
	column(&f->new, "d", "datetime", "");
	primary(&f->old, "at");
	primary(&f->new, "at");
	assert_int_equal(fixture_plan(f, "t", "MODIFY d DATETIME NOT NULL"),
	    0);
	assert_string_equal(f->plan.zone, "+00:00");
	assert_true(f->plan.session & SESSION_UTC);
	value_render(&q, &f->plan, &f->plan.pair[0], "NEW");
	assert_string_equal(q.s, "NEW.`at`");
	str_reset(&q);
	value_render(&q, &f->plan, &f->plan.pair[1], NULL);
	assert_string_equal(q.s, "IF(`d` LIKE '0000-00-00%', `d`, "
	    "CONVERT_TZ(`d`, '+00:00', 'SYSTEM'))");
	str_free(&q);
}

static void
what_the_new_table_computes_needs_the_servers_clock(void **state)
{
	struct fixture *f = *state;

	both(f, "at", "timestamp", "");
	both(f, "id", "int(11)", "");
	column(&f->new, "made", "datetime", "default=current_timestamp()");
	primary(&f->old, "at");
	primary(&f->new, "at");
	unique(&f->old, "id", "id");
	unique(&f->new, "id", "id");
	refuses(f, "ADD made DATETIME NOT NULL DEFAULT NOW()", ERR_REFUSED,
	    "the key `PRIMARY`");
	assert_non_null(strstr(f->e.hint, "--chunk-index"));
	planner_free(&f->plan);
	alter_free(&f->alter);
	f->options.chunk_index = "id";
	assert_int_equal(fixture_plan(f, "t", "ADD made DATETIME NOT NULL "
	    "DEFAULT NOW()"), 0);
	assert_string_equal(f->plan.zone, "SYSTEM");
	assert_false(f->plan.session & SESSION_UTC);
}

static void
a_key_that_changes_its_collation_may_merge_rows(void **state)
{
	struct fixture *f = *state;

	column(&f->old, "code", "varchar(20)", "collate=utf8mb4_bin");
	column(&f->new, "code", "varchar(20)", "collate=utf8mb4_general_ci");
	primary(&f->old, "code");
	primary(&f->new, "code");
	assert_int_equal(fixture_plan(f, "t", "MODIFY code VARCHAR(20) "
	    "COLLATE utf8mb4_general_ci"), 0);
	assert_true(f->plan.merges);
	assert_false(f->plan.same_ranges);
	assert_int_equal(f->plan.n_new_keys, 1);
}

static void
the_first_key_that_will_do_is_walked(void **state)
{
	struct fixture *f = *state;

	both(f, "a", "int(11)", "null");
	both(f, "b", "int(11)", "");
	unique(&f->old, "a", "a");
	unique(&f->old, "b", "b");
	unique(&f->new, "b", "b");
	assert_int_equal(fixture_plan(f, "t", "DROP KEY a"), 0);
	assert_string_equal(f->plan.walk->name.raw, "b");
	assert_int_equal(f->plan.n_id, 1);
	assert_string_equal(f->plan.id[0]->to->name.raw, "b");
	assert_false(f->plan.other_unique);
}

static void
dates_are_strict_when_they_are_made_of_something_else(void **state)
{
	struct fixture *f = *state;

	both(f, "id", "int(11)", "");
	column(&f->old, "d", "varchar(10)", "null collate=utf8mb4_bin");
	column(&f->new, "d", "date", "null");
	primary(&f->old, "id");
	primary(&f->new, "id");
	assert_int_equal(fixture_plan(f, "t", "MODIFY d DATE"), 0);
	assert_false(f->plan.session & SESSION_INVALID_DATES);
}

static void
beside_other_dates_each_value_is_judged(void **state)
{
	struct fixture *f = *state;
	struct str q = STR_INIT;
	char mode[] = "STRICT_ALL_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE";

	f->server.sql_mode = mode;
	both(f, "id", "int(11)", "");
	both(f, "other", "datetime", "null");
	column(&f->old, "d", "varchar(10)", "null collate=utf8mb4_bin");
	column(&f->new, "d", "date", "null");
	primary(&f->old, "id");
	primary(&f->new, "id");
	assert_int_equal(fixture_plan(f, "t", "MODIFY d DATE"), 0);
	assert_false(f->plan.session & SESSION_NO_ZERO_DATE);
	value_render(&q, &f->plan, &f->plan.pair[1], "NEW");
	assert_string_equal(q.s, "NEW.`other`");
	str_reset(&q);
	value_render(&q, &f->plan, &f->plan.pair[2], "NEW");
	assert_string_equal(q.s, "IF(CAST(NEW.`d` AS DATETIME(6)) LIKE "
	    "'%-00%', CONCAT('zero date: ', NEW.`d`), NEW.`d`)");
	str_free(&q);
	f->server.sql_mode = NULL;
}

static void
names_are_looked_up_without_case(void **state)
{
	struct fixture *f = *state;

	column(&f->old, "Id", "int(11)", "");
	column(&f->old, "Gone", "int(11)", "");
	column(&f->new, "ID", "int(11)", "");
	primary(&f->old, "Id");
	primary(&f->new, "ID");
	assert_int_equal(fixture_plan(f, "t", "DROP GONE"), 0);
	assert_int_equal(f->plan.n_pairs, 1);
	assert_int_equal(f->plan.n_dropped, 1);
	assert_true(f->plan.same_ranges);
}

static void
generated_columns_are_not_written(void **state)
{
	struct fixture *f = *state;

	both(f, "id", "int(11)", "");
	both(f, "g", "int(11)", "null generated");
	primary(&f->old, "id");
	primary(&f->new, "id");
	assert_int_equal(fixture_plan(f, "t", "FORCE"), 0);
	assert_int_equal(f->plan.n_pairs, 1);
	assert_null(strstr(f->plan.copy_head, "`g`"));
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	static const struct CMUnitTest tests[] = {
		TEST(a_table_without_a_key_is_refused),
		TEST(a_key_that_may_be_null_is_refused_with_its_reason),
		TEST(a_row_must_be_found_again_after_the_alter),
		TEST(dropping_the_only_unique_key_is_refused),
		TEST(a_column_that_is_just_gone_is_refused),
		TEST(a_renamed_column_must_be_there),
		TEST(a_chunk_index_that_is_not_there_is_not_used),
		TEST(a_chunk_index_that_cannot_order_the_rows_is_not_used),
		TEST(with_a_timestamp_all_is_done_in_utc),
		TEST(what_the_new_table_computes_needs_the_servers_clock),
		TEST(a_key_that_changes_its_collation_may_merge_rows),
		TEST(the_first_key_that_will_do_is_walked),
		TEST(dates_are_strict_when_they_are_made_of_something_else),
		TEST(beside_other_dates_each_value_is_judged),
		TEST(names_are_looked_up_without_case),
		TEST(generated_columns_are_not_written),
	};

	return cmocka_run_group_tests_name("plan: decisions", tests, NULL,
	    NULL);
}
