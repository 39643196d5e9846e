#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "../fixture.h"
#include "model/path.h"

/* A table that is walked, with no plan about it. */
struct walked {
	struct qname name;
	struct table table;
	struct path path;
};

static void
begin(struct walked *w)
{
	struct err e = { .kind = ERR_NONE };

	memset(w, 0, sizeof(*w));
	assert_int_equal(qname_set(&w->name, "app", "t", &e), 0);
}

/* Its columns are there; these are the key's. */
static void
walk_by(struct walked *w, const char *columns)
{
	primary(&w->table, columns);
	w->path = (struct path){ &w->name, &w->table, &w->table.key[0] };
}

static void
end(struct walked *w)
{
	fixture_table_end(&w->table);
}

/* Three columns a, b and c of numbers. */
static void
setup(struct walked *w, const char *columns)
{
	begin(w);
	column(&w->table, "a", "int(11)", "");
	column(&w->table, "b", "int(11)", "");
	column(&w->table, "c", "int(11)", "");
	walk_by(w, columns);
}

/* Of one column, of this type. */
static void
setup_type(struct walked *w, const char *type)
{
	begin(w);
	column(&w->table, "a", type, "collate=utf8mb4_bin");
	walk_by(w, "a");
}

/* The numbers that begin with first, for each part of the key; 0: no bound. */
static void
set_bound(struct bound *b, const struct path *p, int first)
{
	struct str text[4] = { STR_INIT, STR_INIT, STR_INIT, STR_INIT };
	char *cell[4];
	size_t i;

	if (first == 0)
		return;
	for (i = 0; i < p->key->n; i++) {
		str_addf(&text[i], "%d", first + (int)i);
		cell[i] = text[i].s;
	}
	bound_set(b, p->table, p->key, cell);
	for (i = 0; i < p->key->n; i++)
		str_free(&text[i]);
}

/* What is compared, and freed. */
static void
is(struct str *q, const char *want)
{
	assert_string_equal(q->s, want);
	str_free(q);
}

static void
named_range_is(const struct path *p, const struct path_names *names,
    int after, int upto, const char *want)
{
	struct bound from = BOUND_INIT, to = BOUND_INIT;
	struct str q = STR_INIT;

	set_bound(&from, p, after);
	set_bound(&to, p, upto);
	path_range(&q, p, names, &from, &to);
	bound_free(&from);
	bound_free(&to);
	is(&q, want);
}

static void
range_is(const struct walked *w, int after, int upto, const char *want)
{
	named_range_is(&w->path, PATH_PLAIN, after, upto, want);
}

static void
no_bound_is_the_whole_table(void **state)
{
	struct walked w;

	(void)state;
	setup(&w, "a,b,c");
	range_is(&w, 0, 0, "1");
	end(&w);
}

static void
one_part_is_a_simple_range(void **state)
{
	struct walked w;

	(void)state;
	setup(&w, "a");
	range_is(&w, 10, 0, "(`a` > 10)");
	range_is(&w, 0, 20, "(`a` <= 20)");
	range_is(&w, 10, 20, "(`a` > 10) AND (`a` <= 20)");
	end(&w);
}

static void
more_parts_are_nested(void **state)
{
	struct walked w;

	(void)state;
	setup(&w, "a,b");
	range_is(&w, 10, 0, "(`a` > 10 OR (`a` = 10 AND (`b` > 11)))");
	range_is(&w, 0, 20, "(`a` < 20 OR (`a` = 20 AND (`b` <= 21)))");
	end(&w);
	setup(&w, "a,b,c");
	range_is(&w, 10, 0, "(`a` > 10 OR (`a` = 10 AND "
	    "(`b` > 11 OR (`b` = 11 AND (`c` > 12)))))");
	range_is(&w, 0, 20, "(`a` < 20 OR (`a` = 20 AND "
	    "(`b` < 21 OR (`b` = 21 AND (`c` <= 22)))))");
	range_is(&w, 10, 20, "(`a` > 10 OR (`a` = 10 AND "
	    "(`b` > 11 OR (`b` = 11 AND (`c` > 12))))) AND "
	    "(`a` < 20 OR (`a` = 20 AND "
	    "(`b` < 21 OR (`b` = 21 AND (`c` <= 22)))))");
	end(&w);
}

static void
a_descending_part_goes_the_other_way(void **state)
{
	struct walked w;

	(void)state;
	setup(&w, "a,-b");
	range_is(&w, 10, 0, "(`a` > 10 OR (`a` = 10 AND (`b` < 11)))");
	range_is(&w, 0, 20, "(`a` < 20 OR (`a` = 20 AND (`b` >= 21)))");
	end(&w);
}

/* The members of the ENUM are 1 to 3, and 0 for what was refused. */
static void
members_of_an_enum_are_listed(void **state)
{
	struct walked w;

	(void)state;
	setup_type(&w, "enum('a','b','c')");
	range_is(&w, 1, 0, "(`a` IN (2,3))");
	range_is(&w, 0, 2, "(`a` IN (0,1,2))");
	range_is(&w, 3, 0, "(`a` IN (NULL))");
	w.table.key[0].part[0].descending = true;
	range_is(&w, 1, 0, "(`a` IN (0))");
	range_is(&w, 0, 2, "(`a` IN (2,3))");
	end(&w);
}

static void
too_many_members_are_not_listed(void **state)
{
	struct walked w;

	(void)state;
	setup_type(&w, "enum('a')");
	w.table.column[0].members = 256;
	range_is(&w, 7, 9, "(`a` > 7) AND (`a` <= 9)");
	end(&w);
}

static void
a_set_is_ordered_by_number(void **state)
{
	struct walked w;

	(void)state;
	setup_type(&w, "set('a','b')");
	range_is(&w, 1, 0, "(`a` > 1)");
	end(&w);
}

static void
an_alias_stands_before_each_column(void **state)
{
	const struct path_names names = { "o.", NULL };
	struct walked w;

	(void)state;
	setup(&w, "b,a");
	named_range_is(&w.path, &names, 10, 0,
	    "(o.`b` > 10 OR (o.`b` = 10 AND (o.`a` > 11)))");
	end(&w);
}

/* The order is the path's, whatever that of the other table. */
static void
another_table_has_names_of_its_own(void **state)
{
	struct table other = { .n_columns = 0 };
	const struct column *part[2];
	const struct path_names names = { "n.", part };
	struct walked w;

	(void)state;
	column(&other, "x", "int(11)", "");
	column(&other, "y", "int(11)", "");
	part[0] = &other.column[1];
	part[1] = &other.column[0];
	setup(&w, "b,-a");
	named_range_is(&w.path, &names, 0, 20,
	    "(n.`y` < 20 OR (n.`y` = 20 AND (n.`x` >= 21)))");
	end(&w);
	fixture_table_end(&other);
}

static void
between_leaves_out_the_row_at_the_end(void **state)
{
	struct bound from = BOUND_INIT, to = BOUND_INIT;
	struct str q = STR_INIT;
	struct walked w;

	(void)state;
	setup(&w, "a,b");
	set_bound(&from, &w.path, 10);
	set_bound(&to, &w.path, 20);
	path_between(&q, &w.path, PATH_PLAIN, &from, &to);
	bound_free(&from);
	bound_free(&to);
	is(&q, "(`a` > 10 OR (`a` = 10 AND (`b` > 11))) AND "
	    "(`a` < 20 OR (`a` = 20 AND (`b` < 21)))");
	end(&w);
}

static void
a_row_alone_is_found_by_its_whole_key(void **state)
{
	struct bound at = BOUND_INIT;
	struct str q = STR_INIT;
	struct walked w;

	(void)state;
	setup(&w, "a,-b");
	set_bound(&at, &w.path, 10);
	path_at(&q, &w.path, &at);
	bound_free(&at);
	is(&q, "`a` = 10 AND `b` = 11");
	end(&w);
}

static void
nth_is(const struct walked *w, int after, unsigned long long n,
    const char *want)
{
	struct bound from = BOUND_INIT, to = BOUND_INIT;
	struct str q = STR_INIT;

	set_bound(&from, &w->path, after);
	path_nth(&q, &w->path, &from, &to, n);
	bound_free(&from);
	is(&q, want);
}

static void
the_nth_row_is_found_in_the_order_of_the_key(void **state)
{
	struct walked w;

	(void)state;
	setup(&w, "a,-b");
	nth_is(&w, 0, 1, "SELECT `a`, `b` FROM `app`.`t` FORCE INDEX "
	    "(`PRIMARY`) WHERE 1 ORDER BY `a`, `b` DESC LIMIT 0, 1");
	nth_is(&w, 5, 1000, "SELECT `a`, `b` FROM `app`.`t` FORCE INDEX "
	    "(`PRIMARY`) WHERE (`a` > 5 OR (`a` = 5 AND (`b` < 6))) "
	    "ORDER BY `a`, `b` DESC LIMIT 999, 1");
	end(&w);
}

static void
the_last_row_is_found_backwards(void **state)
{
	struct str q = STR_INIT;
	struct walked w;

	(void)state;
	setup(&w, "a,-b");
	path_last(&q, &w.path);
	is(&q, "SELECT `a`, `b` FROM `app`.`t` FORCE INDEX (`PRIMARY`) "
	    "ORDER BY `a` DESC, `b` LIMIT 1");
	end(&w);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_bound_is_the_whole_table),
		cmocka_unit_test(one_part_is_a_simple_range),
		cmocka_unit_test(more_parts_are_nested),
		cmocka_unit_test(a_descending_part_goes_the_other_way),
		cmocka_unit_test(members_of_an_enum_are_listed),
		cmocka_unit_test(too_many_members_are_not_listed),
		cmocka_unit_test(a_set_is_ordered_by_number),
		cmocka_unit_test(an_alias_stands_before_each_column),
		cmocka_unit_test(another_table_has_names_of_its_own),
		cmocka_unit_test(between_leaves_out_the_row_at_the_end),
		cmocka_unit_test(a_row_alone_is_found_by_its_whole_key),
		cmocka_unit_test(the_nth_row_is_found_in_the_order_of_the_key),
		cmocka_unit_test(the_last_row_is_found_backwards),
	};

	return cmocka_run_group_tests_name("path", tests, NULL, NULL);
}
