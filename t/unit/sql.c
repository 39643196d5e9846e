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
		cmocka_unit_test(each_side_has_its_names),
		cmocka_unit_test(a_join_says_whose_column_it_means),
	};

	return cmocka_run_group_tests_name("sql", tests, NULL, NULL);
}
