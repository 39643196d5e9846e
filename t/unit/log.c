#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/log.h"

/* What standard error gets. */
static void
captured(char *text, size_t size, void (*say)(void))
{
	FILE *f = tmpfile();
	int was = dup(STDERR_FILENO);
	size_t n;

	assert_non_null(f);
	assert_true(was >= 0 && dup2(fileno(f), STDERR_FILENO) >= 0);
	say();
	assert_true(dup2(was, STDERR_FILENO) >= 0);
	close(was);
	rewind(f);
	n = fread(text, 1, size - 1, f);
	text[n] = '\0';
	fclose(f);
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
	char text[1000];

	(void)state;
	captured(text, sizeof(text), warn_often);
	assert_string_equal(text, "livealter: warning: it is cold\n"
	    "livealter: warning: it is warm\n");
}

static void
say_names(void)
{
	log_error("a\nlivealter: error: %s", "\033[2Jb");
	log_hint("%s", "\xc2\x9b");
	log_info("%s", "a\xff");
}

static void
a_message_is_one_line(void **state)
{
	char text[1000];

	(void)state;
	captured(text, sizeof(text), say_names);
	assert_string_equal(text, "livealter: error: a\\nlivealter: error: "
	    "\\x1b[2Jb\nlivealter: hint: \\u009b\nlivealter: a\\xff\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_warning_is_said_once),
		cmocka_unit_test(a_message_is_one_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
