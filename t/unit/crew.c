#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "throttle/crew.h"

/* A look each second, from *now on, for so long; all of them find the same. */
static int
look(struct crew *c, unsigned int most, double used, double *now, int seconds)
{
	struct crew_look l = { used, 0 };
	int changes = 0;

	for (; seconds > 0; seconds--) {
		l.at = ++*now;
		changes += crew_step(c, most, &l) != CREW_STAYS;
	}
	return changes;
}

static void
without_a_load_it_is_what_is_asked_for(void **state)
{
	struct crew c = { .n = 0 };
	const struct crew_look none = { 0, 0 };
	unsigned int most;
	double now = 0;

	(void)state;
	for (most = 1; most <= 64; most++) {
		assert_int_equal(crew_step(&c, most, &none), CREW_STAYS);
		assert_int_equal(c.n, most);
	}
	assert_int_equal(look(&c, 3, 0.1, &now, 100), 0);
	assert_int_equal(c.n, 3);
}

static void
near_the_limit_there_are_fewer_down_to_one(void **state)
{
	struct crew c = { .n = 0 };
	double now = 0;

	(void)state;
	assert_int_equal(look(&c, 4, CREW_NEAR, &now, 1), 1);
	assert_int_equal(c.n, 3);
	look(&c, 4, 0.9, &now, 100);
	assert_int_equal(c.n, 1);
	c = (struct crew){ .n = 0 };
	assert_int_equal(look(&c, 8, 1.0, &now, 1), 1);
	assert_int_equal(c.n, 4);
}

static void
a_look_counts_once_and_not_at_once_after_a_change(void **state)
{
	struct crew c = { .n = 0 };
	struct crew_look l = { 0.9, 5 };
	int i;

	(void)state;
	for (i = 0; i < 10; i++)
		crew_step(&c, 4, &l);
	assert_int_equal(c.n, 3);
	l.at += CREW_SETTLE / 2;
	crew_step(&c, 4, &l);
	assert_int_equal(c.n, 3);
	l.at += CREW_SETTLE;
	crew_step(&c, 4, &l);
	assert_int_equal(c.n, 2);
	l.at = 1;			/* of another source, long ago */
	crew_step(&c, 4, &l);
	assert_int_equal(c.n, 2);
}

static void
they_come_back_one_by_one_when_it_is_calm(void **state)
{
	struct crew c = { .n = 0 };
	double now = 0;

	(void)state;
	look(&c, 4, 0.9, &now, 10);
	assert_int_equal(c.n, 1);
	assert_int_equal(look(&c, 4, 0.5, &now, (int)CREW_PATIENCE), 0);
	assert_int_equal(look(&c, 4, 0.5, &now, 1), 1);
	assert_int_equal(c.n, 2);
	assert_int_equal(look(&c, 4, 0.5, &now, 100), 2);
	assert_int_equal(c.n, 4);
}

static void
in_between_nothing_changes(void **state)
{
	struct crew c = { .n = 0 };
	double now = 0;

	(void)state;
	look(&c, 4, 0.9, &now, 1);
	assert_int_equal(look(&c, 4, (CREW_NEAR + CREW_CALM) / 2, &now, 999),
	    0);
	/* ... and it is no calm, either. */
	look(&c, 4, 0.5, &now, (int)CREW_PATIENCE - 1);
	look(&c, 4, 0.7, &now, 1);
	assert_int_equal(look(&c, 4, 0.5, &now, (int)CREW_PATIENCE), 0);
	assert_int_equal(c.n, 3);
}

static void
what_is_asked_for_is_a_ceiling(void **state)
{
	struct crew c = { .n = 0 };
	double now = 0;

	(void)state;
	look(&c, 4, 0.9, &now, 2);
	assert_true(c.n < 4 && c.n > 1);
	/* For the load there are fewer: more are not asked for by that. */
	look(&c, 8, 0.7, &now, 1);
	assert_true(c.n < 4);
	look(&c, 1, 0.7, &now, 1);
	assert_int_equal(c.n, 1);
	/* Now it has all that are asked for. */
	look(&c, 6, 0.7, &now, 1);
	assert_int_equal(c.n, 6);
}

/* The load is what so many workers make of it: three are too many. */
static void
one_too_many_is_tried_less_and_less_often(void **state)
{
	struct crew c = { .n = 0 };
	struct crew_look l;
	int second, changes = 0;

	(void)state;
	for (second = 1; second <= 3600; second++) {
		l = (struct crew_look){ 0.28 * c.n, second };
		changes += crew_step(&c, 4, &l) != CREW_STAYS;
	}
	assert_true(changes < 40);
	assert_true(c.n == 2 || c.n == 3);
}

static bool
is_right(const struct crew *c, unsigned int was, unsigned int most,
    enum crew_change change, double used)
{
	if (c->n < 1 || c->n > most)
		return false;
	if (change == CREW_FEWER)
		return c->n < was && used >= CREW_NEAR;
	if (change == CREW_MORE)
		return c->n == was + 1 && used < CREW_CALM;
	return true;
}

static uint32_t state_of_draw;

static unsigned int
draw(void)
{
	state_of_draw = state_of_draw * 1664525 + 1013904223;
	return state_of_draw >> 8;
}

/* Whatever comes: within its bounds, each change with its reason, and no more
 * of them than the waits allow. */
static void
any_sequence_keeps_the_law(void **state)
{
	struct crew_look l;
	enum crew_change change;
	unsigned int most, was, seed, ups;
	double used;
	int i;

	(void)state;
	for (seed = 1; seed <= 300; seed++) {
		struct crew c = { .n = 0 };

		state_of_draw = seed;
		most = 1 + draw() % 16;
		used = 0.5;
		ups = 0;
		for (i = 0; i < 2000; i++) {
			if (draw() % 100 == 0)
				most = 1 + draw() % 16;
			used += ((double)(draw() % 200) - 100) / 500;
			if (used < 0 || used > 1.5)
				used = (double)(draw() % 150) / 100;
			l = (struct crew_look){ used, (draw() % 10 == 0 ?
			    i / 2 : i) * 0.5 };
			was = c.n >= c.most || c.n > most ? most : c.n;
			change = crew_step(&c, most, &l);
			ups += change == CREW_MORE;
			if (!is_right(&c, was, most, change, used))
				fail_msg("seed %u, step %d: %u of %u", seed, i,
				    c.n, most);
		}
		assert_true(ups <= 1000 / CREW_PATIENCE);
		for (; i < 20000; i++) {
			l = (struct crew_look){ 0.1, i };
			crew_step(&c, most, &l);
		}
		assert_int_equal(c.n, most);
		assert_true(c.patience >= CREW_PATIENCE &&
		    c.patience <= CREW_PATIENCE_MOST);
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_a_load_it_is_what_is_asked_for),
		cmocka_unit_test(near_the_limit_there_are_fewer_down_to_one),
		cmocka_unit_test(
		    a_look_counts_once_and_not_at_once_after_a_change),
		cmocka_unit_test(they_come_back_one_by_one_when_it_is_calm),
		cmocka_unit_test(in_between_nothing_changes),
		cmocka_unit_test(what_is_asked_for_is_a_ceiling),
		cmocka_unit_test(one_too_many_is_tried_less_and_less_often),
		cmocka_unit_test(any_sequence_keeps_the_law),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
