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
#include "base/json_sink.h"
#include "../capture.h"

static struct json_sink sink = { .sql = true };

/* Each function that says something, once. */
static void
say_all(void)
{
	const struct event_result result = { .database = "d", .table = "t",
	    .end = EVENT_END_KEPT, .status = ERR_KEPT };
	const struct progress progress = { .verb = "copied", .total = 10,
	    .done = 5, .seconds = 1 };
	const struct event_workers workers = { .n = 1, .most = 2,
	    .why = "load", .change = EVENT_WORKERS_FEWER };
	const struct event_retry retry = { "`t`", 0.5, 1, 10 };
	const struct event_blocker blocker = { true, "7", "u", "h", NULL, "1",
	    "SELECT \"\x1b\"", NULL };
	const struct summary summary = { .database = "d",
	    .table = "t", .create_before = "a\n" };
	struct err e = { .kind = ERR_NONE };
	struct str text = STR_INIT;

	event_begin(NULL);
	json_sink_add(&sink, "1.2");
	event_step("copy", "copy the rows");
	event_step_end(false);
	event_text(EVENT_NOTE, "one" ERR_LINE "two");
	event_text(EVENT_WARNING, "\xff");
	event_text(EVENT_HINT, "do it");
	event_progress(&progress, EVENT_DUE);
	event_wait(EVENT_WAIT_LOCK, "a table");
	event_wait(EVENT_WAIT_LOCK, NULL);
	event_workers(&workers);
	event_retry(&retry);
	event_blocker(&blocker);
	event_sql("SELECT 1");
	event_status();
	event_summary(&summary);
	str_addz(&text, "plan\n");
	event_plan(&text);
	event_answer(&text);
	err_set(&e, ERR_SWAP, "not now");
	event_error(&e);
	event_result(&result);
	event_exit(ERR_KEPT);
	event_exit(ERR_KEPT);
	event_remove_sinks();
	json_sink_free(&sink);
	str_free(&text);
}

static char out[8192];

static void
every_kind_has_a_line_and_the_result_is_one(void **state)
{
	static const char *const type[] = { "version", "step", "step_end",
	    "note", "warning", "hint", "progress", "wait", "wait", "threads",
	    "retry", "blocker", "sql", "status", "summary",
	    "plan", "answer", "error",
	    "result" };
	char begin[64], *line = out;
	size_t i;

	(void)state;
	captured(out, sizeof(out), STDOUT_FILENO, say_all);
	for (i = 0; i < sizeof(type) / sizeof(type[0]); i++) {
		snprintf(begin, sizeof(begin), "{\"type\": \"%s\", \"time\": "
		    "\"20", type[i]);
		assert_memory_equal(line, begin, strlen(begin));
		line = strchr(line, '\n');
		assert_non_null(line);
		assert_int_equal(line[-1], '}');
		line++;
	}
	assert_string_equal(line, "");
}

static void
texts_are_escaped(void **state)
{
	(void)state;
	assert_non_null(strstr(out, "\"text\": \"one\\u000atwo\"}"));
	assert_non_null(strstr(out, "\"text\": \"\\ufffd\"}"));
	assert_non_null(strstr(out, "\"SELECT \\\"\\u001b\\\"\""));
	assert_null(strchr(out, '\x1b'));
}

static void
the_result_has_state_and_error(void **state)
{
	const char *result = strstr(out, "{\"type\": \"result\"");

	(void)state;
	assert_non_null(strstr(result, "\"changed\": false, \"state\": "
	    "\"resumable\", "));
	assert_non_null(strstr(result, "\"warnings\": [\"\\ufffd\"], "
	    "\"retryable\": false, \"exit\": 33, \"error\": {\"code\": 33, "
	    "\"name\": \"kept\", \"message\": \"not now\", \"hint\": null, "
	    "\"retryable\": false}}"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_has_a_line_and_the_result_is_one),
		cmocka_unit_test(texts_are_escaped),
		cmocka_unit_test(the_result_has_state_and_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
