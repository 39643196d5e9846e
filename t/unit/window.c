#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/window.h"

static struct window
window(const char *text)
{
	struct window w;
	const char *why = window_parse(&w, text);

	if (why != NULL)
		fail_msg("\"%s\": %s", text, why);
	return w;
}

static void
refuse(const char *text, const char *says)
{
	struct window w;
	const char *why = window_parse(&w, text);

	if (why == NULL)
		fail_msg("\"%s\" is taken", text);
	if (strstr(why, says) == NULL)
		fail_msg("\"%s\": not \"%s\" but %s", text, says, why);
}

/* A moment of November 2026, which begins on a Sunday, in UTC. */
static time_t
november(int day, int hour, int minute)
{
	const time_t first = 1793491200;

	return first + ((day - 1) * 24 + hour) * 3600 + minute * 60;
}

static void
zone(const char *name)
{
	setenv("TZ", name, 1);
	tzset();
}

static void
open_at(const char *text, time_t t, bool want)
{
	struct window w = window(text);
	char clock[WINDOW_CLOCK_SIZE];

	window_clock(&w, t, clock);
	if (window_open(&w, t) != want)
		fail_msg("\"%s\" at %s", text, clock);
}

static void
opens_in(const char *text, time_t t, double want)
{
	struct window w = window(text);
	double in = window_opens_in(&w, t);

	if (in < want || in > want)
		fail_msg("\"%s\": opens in %.0f, not in %.0f", text, in, want);
}

static void
days_times_and_zones_are_read(void **state)
{
	struct window w;

	(void)state;
	w = window("Sun 03:00-04:00");
	assert_int_equal(w.days, 1);
	assert_int_equal(w.from, 180);
	assert_int_equal(w.until, 240);
	assert_false(w.utc);
	assert_int_equal(window("Mon-Fri 00:00-01:00").days, 0x3e);
	assert_int_equal(window("Fri-Mon 00:00-01:00").days, 0x63);
	assert_int_equal(window("Mon,Wed-Thu,Sat 00:00-01:00").days, 0x5a);
	assert_int_equal(window("Tue-Tue 00:00-01:00").days, 0x04);
	assert_int_equal(window("daily 00:00-01:00").days, 0x7f);
	assert_int_equal(window("00:00-01:00").days, 0x7f);
	assert_int_equal(window("mon,SUN 00:00-01:00").days, 0x03);
	assert_int_equal(window("00:00-24:00").until, 24 * 60);
	assert_true(window("Sun 03:00-04:00 UTC").utc);
	assert_true(window("03:00-04:00 utc").utc);
	assert_false(window("Sun 03:00-04:00 local").utc);
	assert_int_equal(window("  Sun \t03:59-04:00  UTC ").from, 239);
}

static void
whatever_else_is_refused_by_name(void **state)
{
	static const char *const days[] = { "Sunday 03:00-04:00",
	    "Foo 03:00-04:00", "Mon- 03:00-04:00", "Mon-Foo 03:00-04:00",
	    "Mon, 03:00-04:00", "Mon,,Tue 03:00-04:00",
	    "Mon-Fri-Sun 03:00-04:00",
	    "Mo 03:00-04:00", "daily,Mon 03:00-04:00",
	    "Mon;Tue 03:00-04:00", "M 03:00-04:00", "UTC 03:00-04:00" };
	static const char *const times[] = { "", " ", "Sun", "daily",
	    "Sun 3:00-4:00", "Sun 03:00", "Sun 03:00-", "Sun 03:00-04:0",
	    "Sun 03:00-04:60", "Sun 24:01-03:00", "Sun 25:00-26:00",
	    "Sun 03.00-04.00", "Sun 03:00--4:00", "Sun 03:00-04:00UTC",
	    "03:00-04:00-05:00", "03:00 - 04:00", "+3:00-04:00",
	    ",Mon 03:00-04:00",
	    "Mon Tue 03:00-04:00", "03:00-24:01" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(days) / sizeof(days[0]); i++)
		refuse(days[i], "days");
	for (i = 0; i < sizeof(times) / sizeof(times[0]); i++)
		refuse(times[i], "times");
	refuse("24:00-01:00", "24:00");
	refuse("Mon 03:00-03:00", "whole day");
	refuse("Mon 03:00-04:00 CET", "local or UTC");
	refuse("03:00-04:00 Mon", "local or UTC");
	refuse("Mon 03:00-04:00 UTC Tue", "follows");
	refuse("Mon 03:00-04:00 local UTC", "follows");
}

static void
it_is_open_from_its_first_minute_to_before_its_last(void **state)
{
	(void)state;
	open_at("Sun 03:00-04:00 UTC", november(1, 2, 59) + 59, false);
	open_at("Sun 03:00-04:00 UTC", november(1, 3, 0), true);
	open_at("Sun 03:00-04:00 UTC", november(1, 3, 59) + 59, true);
	open_at("Sun 03:00-04:00 UTC", november(1, 4, 0), false);
	open_at("Sun 03:00-04:00 UTC", november(2, 3, 30), false);
	open_at("Mon-Sat 03:00-04:00 UTC", november(2, 3, 30), true);
	opens_in("Sun 03:00-04:00 UTC", november(1, 3, 30), 0);
	opens_in("Sun 03:00-04:00 UTC", november(1, 2, 0) + 7, 3593);
	opens_in("Sun 03:00-04:00 UTC", november(1, 4, 0), 6 * 86400 + 82800);
}

static void
over_midnight_it_belongs_to_the_day_it_begins_on(void **state)
{
	(void)state;
	open_at("Fri 23:00-01:00 UTC", november(6, 22, 59), false);
	open_at("Fri 23:00-01:00 UTC", november(6, 23, 0), true);
	open_at("Fri 23:00-01:00 UTC", november(7, 0, 59), true);
	open_at("Fri 23:00-01:00 UTC", november(7, 1, 0), false);
	open_at("Fri 23:00-01:00 UTC", november(6, 0, 30), false);
	open_at("Fri 23:00-01:00 UTC", november(7, 23, 30), false);
	open_at("Sat 23:00-01:00 UTC", november(1, 0, 30), true);
	open_at("Sat 23:00-01:00 UTC", november(7, 0, 30), false);
	open_at("Fri 23:00-00:00 UTC", november(6, 23, 59), true);
	open_at("Fri 23:00-00:00 UTC", november(7, 0, 0), false);
	open_at("Fri 23:00-24:00 UTC", november(6, 23, 59), true);
	open_at("Fri 23:00-24:00 UTC", november(7, 0, 0), false);
	open_at("Fri 00:00-24:00 UTC", november(6, 0, 0), true);
	open_at("Fri 00:00-24:00 UTC", november(7, 0, 0), false);
	opens_in("Fri 23:00-01:00 UTC", november(7, 0, 30), 0);
	opens_in("Fri 23:00-01:00 UTC", november(6, 22, 0), 3600);
}

static void
the_local_clock_is_the_default(void **state)
{
	struct window w = window("12:00-13:00");
	char clock[WINDOW_CLOCK_SIZE];

	(void)state;
	zone("Europe/Berlin");
	open_at("12:00-13:00", november(2, 11, 30), true);
	open_at("12:00-13:00 local", november(2, 12, 30), false);
	open_at("12:00-13:00 UTC", november(2, 11, 30), false);
	open_at("Mon 00:00-01:00", november(1, 23, 30), true);
	window_clock(&w, november(2, 11, 30), clock);
	assert_string_equal(clock, "Mon 12:30 CET");
	w.utc = true;
	window_clock(&w, november(2, 11, 30), clock);
	assert_string_equal(clock, "Mon 11:30 UTC");
	zone("Asia/Kolkata");
	open_at("12:00-13:00", november(2, 6, 30), true);
	open_at("12:00-13:00", november(2, 6, 29), false);
	zone("UTC");
}

/* In Berlin, 2026: 02:00 becomes 03:00 on March 29, 03:00 02:00 on Oct. 25 */
static void
an_hour_that_is_left_out_does_not_come(void **state)
{
	const time_t skip = 1774746000;		/* 01:00 UTC */

	(void)state;
	zone("Europe/Berlin");
	open_at("02:00-03:00", skip - 1, false);
	open_at("02:00-03:00", skip, false);
	opens_in("02:00-03:00", skip - 60, 60 + 23 * 3600);
	opens_in("Sun 02:00-03:00", skip - 60, 60 + 7 * 86400 - 3600);
	open_at("02:30-03:30", skip - 60, false);
	open_at("02:30-03:30", skip, true);
	open_at("02:30-03:30", skip + 1800, false);
	opens_in("03:00-04:00", skip - 60, 60);
	open_at("02:00-03:00 UTC", skip + 3600, true);
	zone("UTC");
}

static void
an_hour_that_comes_twice_counts_twice(void **state)
{
	const time_t back = 1792890000;		/* 01:00 UTC */

	(void)state;
	zone("Europe/Berlin");
	open_at("02:00-03:00", back - 3600, true);
	open_at("02:00-03:00", back - 1, true);
	open_at("02:00-03:00", back, true);
	open_at("02:00-03:00", back + 3599, true);
	open_at("02:00-03:00", back + 3600, false);
	opens_in("03:00-04:00", back - 60, 60 + 3600);
	opens_in("Sat 23:00-02:00", back - 4 * 3600, 0);
	zone("UTC");
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(days_times_and_zones_are_read),
		cmocka_unit_test(whatever_else_is_refused_by_name),
		cmocka_unit_test(
		    it_is_open_from_its_first_minute_to_before_its_last),
		cmocka_unit_test(
		    over_midnight_it_belongs_to_the_day_it_begins_on),
		cmocka_unit_test(the_local_clock_is_the_default),
		cmocka_unit_test(an_hour_that_is_left_out_does_not_come),
		cmocka_unit_test(an_hour_that_comes_twice_counts_twice),
	};

	return cmocka_run_group_tests_name("window", tests, NULL, NULL);
}
