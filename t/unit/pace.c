#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/pace.h"

/* Chunks of a server that copies so many rows a second. */
static void
copy_chunks(struct pace *p, double rate, int chunks)
{
	while (chunks-- > 0)
		pace_note(p, pace_rows(p), (double)pace_rows(p) / rate);
}

static void
chunks_come_to_take_the_time_they_should(void **state)
{
	struct pace p;

	(void)state;
	pace_init(&p, true, 0.5, 1000);
	copy_chunks(&p, 20000, 10);
	assert_in_range(pace_rows(&p), 9999, 10000);
	copy_chunks(&p, 2000, 40);
	assert_in_range(pace_rows(&p), 999, 1001);
	copy_chunks(&p, 40000, 60);
	assert_in_range(pace_rows(&p), 19990, 20000);
}

static void
a_slow_chunk_makes_the_next_ones_smaller(void **state)
{
	struct pace p;

	(void)state;
	pace_init(&p, true, 1, 1000);
	pace_note(&p, 1000, 1);
	assert_int_equal(pace_rows(&p), 1000);
	pace_note(&p, 1000, 5);		/* 2 s, and a deviation of 1 s */
	assert_int_equal(pace_rows(&p), 200);
	copy_chunks(&p, 1000, 33);
	assert_in_range(pace_rows(&p), 995, 1000);
}

static void
chunks_of_a_server_in_jerks_seldom_take_longer(void **state)
{
	struct pace p;
	int i, longer = 0;

	(void)state;
	pace_init(&p, true, 0.1, 1000);
	for (i = 0; i < 100; i++) {
		double seconds = (double)pace_rows(&p) / 20000 *
		    (i % 4 == 0 ? 2 : 1);

		longer += i > 10 && seconds > 0.12;
		pace_note(&p, pace_rows(&p), seconds);
	}
	assert_int_equal(longer, 0);
}

static void
the_next_chunk_is_never_more_than_twice_as_large(void **state)
{
	unsigned long long before;
	struct pace p;
	int i;

	(void)state;
	pace_init(&p, true, 0.1, 10);
	for (i = 0; i < 30; i++) {
		before = pace_rows(&p);
		pace_note(&p, before, 0);
		assert_true(pace_rows(&p) <= 2 * before);
	}
	assert_int_equal(pace_rows(&p), PACE_MOST);
}

static void
no_chunk_is_larger_than_the_most(void **state)
{
	struct pace p;

	(void)state;
	pace_init(&p, true, 3600, PACE_MOST + 1);
	assert_int_equal(pace_rows(&p), PACE_MOST);
	copy_chunks(&p, 1e9, 10);
	assert_int_equal(pace_rows(&p), PACE_MOST);
	pace_init(&p, false, 0, ~0ULL);
	assert_int_equal(pace_rows(&p), PACE_MOST);
}

static void
a_chunk_has_a_row_at_least(void **state)
{
	struct pace p;
	int i;

	(void)state;
	pace_init(&p, true, 0.001, 0);
	assert_int_equal(pace_rows(&p), 1);
	pace_note(&p, 1, 1000);
	assert_int_equal(pace_rows(&p), 1);
	for (i = 0; i < 10; i++)
		pace_shrink(&p);
	assert_int_equal(pace_rows(&p), 1);
}

static void
a_conflict_halves_the_next_chunk(void **state)
{
	struct pace p;

	(void)state;
	pace_init(&p, true, 0.5, 1000);
	pace_shrink(&p);
	assert_int_equal(pace_rows(&p), 500);
	pace_shrink(&p);
	assert_int_equal(pace_rows(&p), 250);
	/* It recovers. */
	copy_chunks(&p, 20000, 20);
	assert_in_range(pace_rows(&p), 9999, 10000);
}

static void
an_empty_chunk_says_nothing(void **state)
{
	struct pace p;

	(void)state;
	pace_init(&p, true, 0.5, 1000);
	copy_chunks(&p, 4000, 1);
	assert_int_equal(pace_rows(&p), 2000);
	pace_note(&p, 0, 10);
	assert_int_equal(pace_rows(&p), 2000);
}

static void
a_size_that_does_not_adapt_stays(void **state)
{
	struct pace p;

	(void)state;
	pace_init(&p, false, 0.5, 1000);
	copy_chunks(&p, 1e6, 5);
	copy_chunks(&p, 1, 5);
	pace_shrink(&p);
	assert_int_equal(pace_rows(&p), 1000);
	/* --chunk-time=0 says so, too. */
	pace_init(&p, true, 0, 700);
	copy_chunks(&p, 1e6, 5);
	pace_shrink(&p);
	assert_int_equal(pace_rows(&p), 700);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(chunks_come_to_take_the_time_they_should),
		cmocka_unit_test(a_slow_chunk_makes_the_next_ones_smaller),
		cmocka_unit_test(
		    chunks_of_a_server_in_jerks_seldom_take_longer),
		cmocka_unit_test(
		    the_next_chunk_is_never_more_than_twice_as_large),
		cmocka_unit_test(no_chunk_is_larger_than_the_most),
		cmocka_unit_test(a_chunk_has_a_row_at_least),
		cmocka_unit_test(a_conflict_halves_the_next_chunk),
		cmocka_unit_test(an_empty_chunk_says_nothing),
		cmocka_unit_test(a_size_that_does_not_adapt_stays),
	};

	return cmocka_run_group_tests_name("pace", tests, NULL, NULL);
}
