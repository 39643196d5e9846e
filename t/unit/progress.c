#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/progress.h"
#include "model/time_zone.h"

static void
says(const struct progress *p, const char *want)
{
	struct str s = STR_INIT;

	progress_line(&s, p);
	assert_string_equal(s.s, want);
	str_free(&s);
}

static void
time_zone_says(double seconds, const char *want)
{
	struct str s = STR_INIT;

	progress_clock(&s, seconds);
	assert_string_equal(s.s, want);
	str_free(&s);
}

static void
a_line_says_how_far_how_fast_and_how_long(void **state)
{
	struct progress p = { "copied", 300000, 120000, 5000, 2.0, 0, 0 };

	(void)state;
	says(&p, "copied 120000 rows, 40%, 60000 rows/s, 0:03 left, "
	    "chunks of 5000");
	p.chunk = 0;
	says(&p, "copied 120000 rows, 40%, 60000 rows/s, 0:03 left");
	p.verb = "compared";
	p.seconds = 12000;
	says(&p, "compared 120000 rows, 40%, 10 rows/s, 5:00:00 left");
}

static void
the_share_is_what_is_done_of_the_total(void **state)
{
	struct progress p = { "copied", 1000, 0, 0, 1.0, 0, 0 };

	(void)state;
	assert_true(progress_share(&p) >= 0 && progress_share(&p) <= 0);
	p.done = 250;
	assert_true(progress_share(&p) > 0.24 && progress_share(&p) < 0.26);
}

static void
an_estimate_never_says_all(void **state)
{
	struct progress p = { "copied", 1000, 0, 0, 1.0, 0, 0 };
	struct str s = STR_INIT;

	(void)state;
	for (p.done = 0; p.done < 3000; p.done++) {
		assert_true(progress_share(&p) <= 0.99);
		str_reset(&s);
		progress_line(&s, &p);
		assert_null(strstr(s.s, "100%"));
	}
	p.total = 0;
	assert_true(progress_share(&p) <= 0.99);
	p.total = 1000000;
	p.done = 999999;
	says(&p, "copied 999999 rows, 99%, 999999 rows/s, 0:00 left");
	str_free(&s);
}

static void
beyond_the_estimate_nothing_is_left(void **state)
{
	struct progress p = { "copied", 1000, 1500, 0, 10.0, 0, 0 };

	(void)state;
	says(&p, "copied 1500 rows, 99%, 150 rows/s");
	p.total = 0;
	says(&p, "copied 1500 rows, 99%, 150 rows/s");
}

static void
the_beginning_divides_by_nothing(void **state)
{
	struct progress p = { "copied", 1000, 0, 100, 0, 0, 0 };

	(void)state;
	says(&p, "copied 0 rows, 0%, 0 rows/s, chunks of 100");
	p.seconds = 5;
	says(&p, "copied 0 rows, 0%, 0 rows/s, chunks of 100");
}

static void
the_clock_has_hours_when_it_needs_them(void **state)
{
	(void)state;
	time_zone_says(0, "0:00");
	time_zone_says(0.4, "0:00");
	time_zone_says(7, "0:07");
	time_zone_says(59.4, "0:59");
	time_zone_says(59.6, "1:00");
	time_zone_says(754, "12:34");
	time_zone_says(3599, "59:59");
	time_zone_says(3599.9, "1:00:00");
	time_zone_says(3723, "1:02:03");
	time_zone_says(360000, "100:00:00");
	time_zone_says(-5, "0:00");
}

static void
an_earlier_run_does_not_count_for_the_rate(void **state)
{
	struct progress p = { "copied", 1000, 600, 0, 10.0, 500, 0 };
	struct str s = STR_INIT;

	(void)state;
	progress_line(&s, &p);
	assert_string_equal(s.s, "copied 600 rows, 60%, 10 rows/s, 0:40 left");
	str_free(&s);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_says_how_far_how_fast_and_how_long),
		cmocka_unit_test(the_share_is_what_is_done_of_the_total),
		cmocka_unit_test(an_estimate_never_says_all),
		cmocka_unit_test(beyond_the_estimate_nothing_is_left),
		cmocka_unit_test(the_beginning_divides_by_nothing),
		cmocka_unit_test(the_clock_has_hours_when_it_needs_them),
		cmocka_unit_test(an_earlier_run_does_not_count_for_the_rate),
	};

	return cmocka_run_group_tests_name("progress", tests, NULL, NULL);
}
