#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/event.h"
#include "base/log.h"
#include "base/report_page.h"
#include "base/report_sink.h"
#include "base/util.h"

#define DAY	86400.0
#define MOST	(1UL << 20)	/* bytes of a page, as the manual says */

/* All that a page has of an hour that went by. */
static void
a_month_has_as_many_points_as_an_hour(void **state)
{
	struct timeline t = { .width = 0 };
	double at, value, sum = 0, weight = 0;
	size_t i, n = 0;

	(void)state;
	for (at = 1; at < 30 * DAY; at += 1) {
		timeline_amount(&t, "Rows", "copied", at - 1, at, 1000);
		timeline_value(&t, "Lag", "replica", at, at < DAY ? 1 : 2,
		    3);
	}
	assert_int_equal(t.n, 2);
	assert_true(t.width * TIMELINE_POINTS > 30 * DAY);
	assert_true(t.width * TIMELINE_POINTS < 61 * DAY);
	for (i = 0; i < TIMELINE_POINTS; i++) {
		sum += t.series[0].sum[i];
		weight += t.series[0].weight[i];
		if (!timeline_at(&t, &t.series[0], i, &value))
			continue;
		n++;
		assert_true(value > 999 && value < 1001);
		assert_true(timeline_at(&t, &t.series[1], i, &value));
		assert_true(value >= 1 && value <= 2);
	}
	assert_true(n > TIMELINE_POINTS / 3);
	/* Nothing is lost. */
	assert_true(sum / weight > 999.9 && sum / weight < 1000.1);
	assert_true(weight > 30 * DAY - 2);
	timeline_free(&t);
}

static void
series_have_an_end(void **state)
{
	struct timeline t = { .width = 0 };
	char name[16];
	int i;

	(void)state;
	for (i = 0; i < 10000; i++) {
		snprintf(name, sizeof(name), "replica %d", i);
		timeline_value(&t, "Lag", name, i, i, -1);
	}
	assert_int_equal(t.n, TIMELINE_SERIES);
	timeline_free(&t);
}

/* A text that takes as much room in a page as one can. */
static char *
worst(size_t len)
{
	char *s = xcalloc(len + 1, 1);

	memset(s, '"', len);
	return s;
}

/* Everything that happens again and again, with such texts. */
static void
happen(const char *text, int i)
{
	const struct progress p = { .verb = "copied", .total = 1000000000,
	    .done = (unsigned long long)i * 1000, .chunk = 1000,
	    .seconds = i, .elapsed = i };
	const struct event_retry retry = { text, 1.5, 1, 10 };
	const struct event_blocker b = { true, "1", "u", "h", NULL, "3",
	    text, NULL };
	struct str what = STR_INIT;

	event_progress(&p, EVENT_QUIET);
	event_measure(EVENT_LAG, "replica h:3306", i % 7, 1);
	event_measure(EVENT_CHUNK_TIME, "copied", 0.1, 0.1);
	str_addf(&what, "%s %d", text, i);
	event_wait(EVENT_WAIT_PAUSE, what.s);
	event_wait(EVENT_WAIT_PAUSE, NULL);
	log_warn("%s", what.s);
	event_retry(&retry);
	event_blocker(&b);
	event_sql(what.s);
	str_free(&what);
}

static size_t
size_of(const char *path)
{
	FILE *f = fopen(path, "r");
	long size;

	assert_non_null(f);
	assert_int_equal(fseek(f, 0, SEEK_END), 0);
	size = ftell(f);
	fclose(f);
	return size > 0 ? (size_t)size : 0;
}

/* A page of so many of them, with texts of that length. */
static size_t
page(int times, size_t len)
{
	char path[] = "/tmp/la-report-XXXXXX", *text = worst(len);
	struct report_sink *s = xcalloc(1, sizeof(*s));
	struct err e = { .kind = ERR_NONE };
	int fd = mkstemp(path), i;
	size_t size;

	assert_true(fd >= 0);
	close(fd);
	s->path = xstrdup(path);
	s->report = (struct report){ .version = "1", .command = "",
	    .target = xstrdup(text), .alter = xstrdup(text),
	    .options = xstrdup(text) };
	event_begin(NULL);
	assert_int_equal(report_sink_start(s, &e), 0);
	event_step("copy", "copy the rows");
	for (i = 1; i <= times; i++)
		happen(text, i);
	event_step_end(true);
	report_sink_finish(s, ERR_NONE);
	report_sink_end(s);
	event_remove_sinks();
	size = size_of(path);
	unlink(path);
	free(text);
	return size;
}

static void
a_page_has_an_end(void **state)
{
	(void)state;
	assert_true(page(30000, 20) < MOST);
	/* However much markup is in what others write. */
	assert_true(page(3000, 4000) < MOST);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_month_has_as_many_points_as_an_hour),
		cmocka_unit_test(series_have_an_end),
		cmocka_unit_test(a_page_has_an_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
