#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/road.h"

#define ABOUT 1e-9

static void
nothing_is_taken_off_before_it_is_known(void **state)
{
	struct road r = { .n = 0 };

	(void)state;
	assert_true(road_is_due(&r, 0));
	road_travelled(&r, 5);
	assert_float_equal(r.spent, 0, ABOUT);
}

static void
an_answer_was_on_its_way_for_as_long_as_a_ping(void **state)
{
	struct road r = { .n = 0 };

	(void)state;
	road_pinged(&r, 10, 0.02);
	assert_false(road_is_due(&r, 10.5));
	assert_true(road_is_due(&r, 11.5));
	assert_float_equal(r.spent, 0.02, ABOUT);
	road_travelled(&r, 0.5);
	assert_float_equal(r.spent, 0.04, ABOUT);
}

static void
the_clock_never_goes_back(void **state)
{
	struct road r = { .n = 0 };

	(void)state;
	road_pinged(&r, 10, 0.02);
	road_travelled(&r, 0.001);
	assert_float_equal(r.spent, 0.021, ABOUT);
}

static void
a_ping_that_was_held_up_does_not_count(void **state)
{
	struct road r = { .n = 0 };
	int i;

	(void)state;
	road_pinged(&r, 0, 0.02);
	road_pinged(&r, 1, 3);
	r.spent = 0;
	road_travelled(&r, 0.5);
	assert_float_equal(r.spent, 0.02, ABOUT);
	/* The way has become longer. */
	for (i = 0; i < ROAD_PINGS; i++)
		road_pinged(&r, 2 + i, 0.2);
	r.spent = 0;
	road_travelled(&r, 0.5);
	assert_float_equal(r.spent, 0.2, ABOUT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_taken_off_before_it_is_known),
		cmocka_unit_test(
		    an_answer_was_on_its_way_for_as_long_as_a_ping),
		cmocka_unit_test(the_clock_never_goes_back),
		cmocka_unit_test(a_ping_that_was_held_up_does_not_count),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
