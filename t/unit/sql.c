#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "../fixture.h"
#include "model/sql.h"

/*
 * A table of a key over its columns a, b, c, renamed to x, y, z.  Everything
 * about a range is about that key.
 */
static void
setup_parts(struct fixture *f, const char *columns)
{
	fixture_begin(f);
	column(&f->old, "a", "int(11)", "");
	column(&f->old, "b", "int(11)", "");
	column(&f->old, "c", "int(11)", "");
	primary(&f->old, columns);
	column(&f->new, "x", "int(11)", "");
	column(&f->new, "y", "int(11)", "");
	column(&f->new, "z", "int(11)", "");
	f->new.key = xcalloc(1, sizeof(*f->new.key));
	f->new.n_keys = 1;
	f->new.key[0] = f->old.key[0];
	f->new.key[0].part = xcalloc(f->old.key[0].n,
	    sizeof(struct key_part));
	memcpy(f->new.key[0].part, f->old.key[0].part,
	    f->old.key[0].n * sizeof(struct key_part));
	assert_int_equal(fixture_plan(f, "t", "CHANGE a x INT NOT NULL, "
	    "CHANGE b y INT NOT NULL, CHANGE c z INT NOT NULL"), 0);
	assert_true(f->plan.same_ranges);
}

/* The numbers that begin with first, for each part of the walking key. */
static void
set_bound(struct bound *b, const struct plan *p, int first)
{
	struct str text[4] = { STR_INIT, STR_INIT, STR_INIT, STR_INIT };
	char *cell[4];
	size_t i;

	for (i = 0; i < p->walk->n; i++) {
		str_addf(&text[i], "%d", first + (int)i);
		cell[i] = text[i].s;
	}
	bound_set(b, p->old, p->walk, cell);
	for (i = 0; i < p->walk->n; i++)
		str_free(&text[i]);
}

static void
range_is(const struct plan *p, enum side side, int after, int upto,
    const char *want)
{
	struct bound from = BOUND_INIT, to = BOUND_INIT;
	struct str q = STR_INIT;

	if (after > 0)
		set_bound(&from, p, after);
	if (upto > 0)
		set_bound(&to, p, upto);
	sql_range(&q, p, side, &from, &to);
	assert_string_equal(q.s, want);
	bound_free(&from);
	bound_free(&to);
	str_free(&q);
}

static void
no_bound_is_the_whole_table(void **state)
{
	struct fixture f;

	(void)state;
	setup_parts(&f, "a,b,c");
	range_is(&f.plan, SIDE_OLD, 0, 0, "1");
	range_is(&f.plan, SIDE_NEW, 0, 0, "1");
	fixture_end(&f);
}

static void
one_part_is_a_simple_range(void **state)
{
	struct fixture f;

	(void)state;
	setup_parts(&f, "a");
	range_is(&f.plan, SIDE_OLD, 10, 0, "(`a` > 10)");
	range_is(&f.plan, SIDE_OLD, 0, 20, "(`a` <= 20)");
	range_is(&f.plan, SIDE_OLD, 10, 20,
	    "(`a` > 10) AND (`a` <= 20)");
	fixture_end(&f);
}

static void
more_parts_are_nested(void **state)
{
	struct fixture f;

	(void)state;
	setup_parts(&f, "a,b");
	range_is(&f.plan, SIDE_OLD, 10, 0,
	    "(`a` > 10 OR (`a` = 10 AND (`b` > 11)))");
	range_is(&f.plan, SIDE_OLD, 0, 20,
	    "(`a` < 20 OR (`a` = 20 AND (`b` <= 21)))");
	fixture_end(&f);
	setup_parts(&f, "a,b,c");
	range_is(&f.plan, SIDE_OLD, 10, 0, "(`a` > 10 OR (`a` = 10 AND "
	    "(`b` > 11 OR (`b` = 11 AND (`c` > 12)))))");
	range_is(&f.plan, SIDE_OLD, 0, 20, "(`a` < 20 OR (`a` = 20 AND "
	    "(`b` < 21 OR (`b` = 21 AND (`c` <= 22)))))");
	range_is(&f.plan, SIDE_OLD, 10, 20, "(`a` > 10 OR (`a` = 10 AND "
	    "(`b` > 11 OR (`b` = 11 AND (`c` > 12))))) AND "
	    "(`a` < 20 OR (`a` = 20 AND "
	    "(`b` < 21 OR (`b` = 21 AND (`c` <= 22)))))");
	fixture_end(&f);
}

static void
each_side_has_its_names(void **state)
{
	struct fixture f;

	(void)state;
	setup_parts(&f, "b,a");
	range_is(&f.plan, SIDE_OLD, 10, 0,
	    "(`b` > 10 OR (`b` = 10 AND (`a` > 11)))");
	range_is(&f.plan, SIDE_NEW, 10, 0,
	    "(`y` > 10 OR (`y` = 10 AND (`x` > 11)))");
	range_is(&f.plan, SIDE_OLD_ALIAS, 10, 0,
	    "(o.`b` > 10 OR (o.`b` = 10 AND (o.`a` > 11)))");
	fixture_end(&f);
}

static void
a_descending_part_goes_the_other_way(void **state)
{
	struct fixture f;

	(void)state;
	setup_parts(&f, "a,-b");
	range_is(&f.plan, SIDE_OLD, 10, 0,
	    "(`a` > 10 OR (`a` = 10 AND (`b` < 11)))");
	range_is(&f.plan, SIDE_OLD, 0, 20,
	    "(`a` < 20 OR (`a` = 20 AND (`b` >= 21)))");
	fixture_end(&f);
}

/* The members of the ENUM are 1 to 3, and 0 for what was refused. */
static void
members_of_an_enum_are_listed(void **state)
{
	struct fixture f;

	(void)state;
	fixture_begin(&f);
	both(&f, "e", "enum('a','b','c')", "collate=utf8mb4_bin");
	primary(&f.old, "e");
	primary(&f.new, "e");
	assert_int_equal(fixture_plan(&f, "t", "COMMENT ''"), 0);
	range_is(&f.plan, SIDE_OLD, 1, 0, "(`e` IN (2,3))");
	range_is(&f.plan, SIDE_OLD, 0, 2, "(`e` IN (0,1,2))");
	range_is(&f.plan, SIDE_OLD, 3, 0, "(`e` IN (NULL))");
	f.old.key[0].part[0].descending = true;
	range_is(&f.plan, SIDE_OLD, 1, 0, "(`e` IN (0))");
	range_is(&f.plan, SIDE_OLD, 0, 2, "(`e` IN (2,3))");
	fixture_end(&f);
}

static void
too_many_members_are_not_listed(void **state)
{
	struct fixture f;

	(void)state;
	fixture_begin(&f);
	both(&f, "e", "enum('a')", "collate=utf8mb4_bin");
	f.old.column[0].members = f.new.column[0].members = 256;
	primary(&f.old, "e");
	primary(&f.new, "e");
	assert_int_equal(fixture_plan(&f, "t", "COMMENT ''"), 0);
	range_is(&f.plan, SIDE_OLD, 7, 9,
	    "(`e` > 7) AND (`e` <= 9)");
	fixture_end(&f);
}

static void
a_set_is_ordered_by_number(void **state)
{
	struct fixture f;

	(void)state;
	fixture_begin(&f);
	both(&f, "s", "set('a','b')", "collate=utf8mb4_bin");
	primary(&f.old, "s");
	primary(&f.new, "s");
	assert_int_equal(fixture_plan(&f, "t", "COMMENT ''"), 0);
	range_is(&f.plan, SIDE_OLD, 1, 0, "(`s` > 1)");
	fixture_end(&f);
}

/* 0: no bound. */
static void
boundary_is(const struct plan *p, int after, unsigned long long n,
    const char *want)
{
	struct bound from = BOUND_INIT, to = BOUND_INIT;
	struct str q = STR_INIT;

	if (after > 0)
		set_bound(&from, p, after);
	sql_boundary(&q, p, &from, &to, n);
	assert_string_equal(q.s, want);
	bound_free(&from);
	str_free(&q);
}

static void
the_nth_row_is_found_in_the_order_of_the_key(void **state)
{
	struct fixture f;

	(void)state;
	setup_parts(&f, "a,-b");
	boundary_is(&f.plan, 0, 1, "SELECT `a`, `b` FROM `app`.`t` FORCE "
	    "INDEX (`PRIMARY`) WHERE 1 ORDER BY `a`, `b` DESC LIMIT 0, 1");
	boundary_is(&f.plan, 5, 1000, "SELECT `a`, `b` FROM `app`.`t` FORCE "
	    "INDEX (`PRIMARY`) WHERE (`a` > 5 OR (`a` = 5 AND (`b` < 6))) "
	    "ORDER BY `a`, `b` DESC LIMIT 999, 1");
	fixture_end(&f);
}

static void
the_last_row_is_found_backwards(void **state)
{
	struct str q = STR_INIT;
	struct fixture f;

	(void)state;
	setup_parts(&f, "a,-b");
	sql_last(&q, &f.plan);
	assert_string_equal(q.s, "SELECT `a`, `b` FROM `app`.`t` FORCE INDEX "
	    "(`PRIMARY`) ORDER BY `a` DESC, `b` LIMIT 1");
	str_free(&q);
	fixture_end(&f);
}

/* In a join, a column without its table would be in both. */
static void
a_join_says_whose_column_it_means(void **state)
{
	struct bound from = BOUND_INIT, to = BOUND_INIT;
	struct str q = STR_INIT;
	struct fixture f;
	bool bare;

	(void)state;
	fixture_begin(&f);
	both(&f, "id", "int(11)", "");
	primary(&f.old, "id");
	primary(&f.new, "id");
	assert_int_equal(fixture_plan(&f, "t", "COMMENT ''"), 0);
	set_bound(&from, &f.plan, 1);
	set_bound(&to, &f.plan, 5);
	sql_missing(&q, &f.plan, &from, &to);
	sql_differences(&q, &f.plan, SIDE_OLD, &from, &to, 5);
	sql_differences(&q, &f.plan, SIDE_NEW, &from, &to, 5);
	bare = strstr(q.s, "(`id`") != NULL || strstr(q.s, " `id`") != NULL;
	bound_free(&from);
	bound_free(&to);
	str_free(&q);
	fixture_end(&f);
	assert_false(bare);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_bound_is_the_whole_table),
		cmocka_unit_test(one_part_is_a_simple_range),
		cmocka_unit_test(more_parts_are_nested),
		cmocka_unit_test(each_side_has_its_names),
		cmocka_unit_test(a_descending_part_goes_the_other_way),
		cmocka_unit_test(members_of_an_enum_are_listed),
		cmocka_unit_test(too_many_members_are_not_listed),
		cmocka_unit_test(a_set_is_ordered_by_number),
		cmocka_unit_test(the_nth_row_is_found_in_the_order_of_the_key),
		cmocka_unit_test(the_last_row_is_found_backwards),
		cmocka_unit_test(a_join_says_whose_column_it_means),
	};

	return cmocka_run_group_tests_name("sql", tests, NULL, NULL);
}
