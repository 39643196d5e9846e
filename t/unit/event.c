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
#include "base/output.h"
#include "base/text_sink.h"
#include "../capture.h"

/* Standard error has these lines when that is said. */
static void
says(void (*say)(void), struct text_sink *sink, const char *want)
{
	char text[2000];

	event_begin(NULL);
	text_sink_add(sink);
	captured(text, sizeof(text), STDERR_FILENO, say);
	event_remove_sinks();
	assert_string_equal(text, want);
}

static void
warn_often(void)
{
	int i;

	for (i = 0; i < 10; i++)
		log_warn("it is %s", "cold");
	log_warn("it is %s", "warm");
	log_warn("it is %s", "cold");
}

static void
a_warning_is_said_once(void **state)
{
	struct text_sink sink = { .quiet = true };

	(void)state;
	says(warn_often, &sink, "livealter: warning: it is cold\n"
	    "livealter: warning: it is warm\n");
	/* The next job knows nothing of it. */
	says(warn_often, &sink, "livealter: warning: it is cold\n"
	    "livealter: warning: it is warm\n");
}

static void
say_names(void)
{
	struct err e;

	err_set(&e, ERR_SQL, "a\nlivealter: error: %s", "\033[2Jb");
	err_hint(&e, "%s", "\xc2\x9b");
	event_error(&e);
	log_info("%s", "a\xff");
}

static void
a_message_is_one_line(void **state)
{
	struct text_sink sink = { .quiet = false };

	(void)state;
	says(say_names, &sink, "livealter: error: a\\nlivealter: error: "
	    "\\x1b[2Jb\nlivealter: hint: \\u009b\nlivealter: a\\xff\n");
}

static void
say_two_lines(void)
{
	struct err e;

	err_set(&e, ERR_SQL, "a" ERR_LINE "  b");
	err_hint(&e, "c" ERR_LINE "d");
	event_error(&e);
	log_warn("e" ERR_LINE "f");
}

static void
or_several_if_it_has_several(void **state)
{
	struct text_sink sink = { .quiet = true };

	(void)state;
	says(say_two_lines, &sink, "livealter: error: a\n"
	    "livealter: error:   b\nlivealter: hint: c\nlivealter: hint: d\n"
	    "livealter: warning: e\nlivealter: warning: f\n");
}

static void
wait_and_retry(void)
{
	struct progress p = { .verb = "copied", .done = 5 };

	event_step("copy", "copy the rows");
	event_progress(&p, EVENT_LIVE);
	event_wait(EVENT_WAIT_PAUSE, "a");
	event_wait(EVENT_WAIT_ROW, "a row");
	event_wait(EVENT_WAIT_PAUSE, "b");
	event_status();
	event_wait(EVENT_WAIT_PAUSE, NULL);
	event_wait(EVENT_WAIT_PAUSE, NULL);
	event_status();
	event_retry(&(struct event_retry){ "t", 0.5, 1, 3 });
	event_step("swap", "swap the tables");
	event_status();
}

static void
a_wait_is_said_when_it_begins_and_ends(void **state)
{
	struct text_sink sink = { .quiet = false };

	(void)state;
	says(wait_and_retry, &sink, "livealter: copy the rows\n"
	    "livealter: pausing, to wait for a\n"
	    "livealter: status: copy the rows, for 0:00: "
	    "copied 5 rows, 99%, 0 rows/s; waiting for b\n"
	    "livealter: going on after a pause of 0 s\n"
	    "livealter: status: copy the rows, for 0:00: "
	    "copied 5 rows, 99%, 0 rows/s; waiting for a row\n"
	    "livealter: t is in use; trying again in 0.5 s (1 of 3)\n"
	    "livealter: swap the tables\n"
	    "livealter: status: swap the tables, for 0:00\n");
}

static void
quiet_means_no_steps_and_notes(void **state)
{
	struct text_sink sink = { .quiet = true };

	(void)state;
	says(wait_and_retry, &sink,
	    "livealter: status: copy the rows, for 0:00: "
	    "copied 5 rows, 99%, 0 rows/s; waiting for b\n"
	    "livealter: status: copy the rows, for 0:00: "
	    "copied 5 rows, 99%, 0 rows/s; waiting for a row\n"
	    "livealter: status: swap the tables, for 0:00\n");
}

static void
say_for_a_job(void)
{
	event_begin("app.orders");
	log_info("it begins");
	event_begin(NULL);
	log_info("it is the only one");
}

static void
each_line_names_its_job(void **state)
{
	struct text_sink sink = { .quiet = false };

	(void)state;
	says(say_for_a_job, &sink, "livealter: app.orders: it begins\n"
	    "livealter: it is the only one\n");
}

/* Another sink gets the same, with what is known of it. */
struct counter {
	struct event_sink sink;
	unsigned int steps, ends, errors;
	enum err_kind kind;
	bool done;
};

static void
count(struct event_sink *sink, const struct event *ev)
{
	struct counter *c = (struct counter *)sink;

	c->steps += ev->kind == EVENT_STEP;
	if (ev->kind == EVENT_STEP_END) {
		c->ends++;
		c->done = ev->step->done;
		assert_string_equal(ev->step->key, "copy");
	}
	if (ev->kind == EVENT_ERROR) {
		c->errors++;
		c->kind = ev->err->kind;
	}
}

static void
every_sink_is_told(void **state)
{
	struct counter a = { .sink = { count, NULL } }, b = a;
	struct err e;

	(void)state;
	event_begin(NULL);
	event_add_sink(&a.sink);
	event_add_sink(&b.sink);
	event_step("copy", "copy the rows");
	err_set(&e, ERR_DISK, "full");
	event_error(&e);
	event_step_end(false);
	event_remove_sinks();
	event_error(&e);
	assert_int_equal(a.steps + b.steps, 2);
	assert_int_equal(a.ends + b.ends, 2);
	assert_int_equal(a.errors + b.errors, 2);
	assert_int_equal(b.kind, ERR_DISK);
	assert_false(b.done);
}

static void
answer_to(bool quiet)
{
	struct text_sink sink = { .quiet = quiet, .sql = true };
	struct event_result r = { .database = "d", .table = "t",
	    .name = "`d`.`t`", .done = "altered", .end = EVENT_END_SWAPPED };

	event_begin(NULL);
	text_sink_add(&sink);
	event_sql("SELECT 1");
	log_answer("it is\n%s", "so");
	event_result(&r);
	r.end = EVENT_END_UNTOUCHED;
	r.dry_run = true;
	event_result(&r);
	r.status = ERR_SQL;
	event_result(&r);
	event_remove_sinks();
}

static void
answer(void)
{
	answer_to(false);
}

static void
answer_quietly(void)
{
	answer_to(true);
}

static void
answers_are_on_standard_output(void **state)
{
	char text[1000];

	(void)state;
	captured(text, sizeof(text), STDOUT_FILENO, answer);
	assert_string_equal(text, "SELECT 1;\nit is\\nso\n"
	    "Successfully altered `d`.`t`.\n"
	    "Dry run complete.  `d`.`t` was not altered.\n");
	captured(text, sizeof(text), STDOUT_FILENO, answer_quietly);
	assert_string_equal(text, "it is\\nso\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_warning_is_said_once),
		cmocka_unit_test(a_message_is_one_line),
		cmocka_unit_test(or_several_if_it_has_several),
		cmocka_unit_test(a_wait_is_said_when_it_begins_and_ends),
		cmocka_unit_test(quiet_means_no_steps_and_notes),
		cmocka_unit_test(each_line_names_its_job),
		cmocka_unit_test(every_sink_is_told),
		cmocka_unit_test(answers_are_on_standard_output),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
