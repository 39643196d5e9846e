/* pt-online-schema-change's syntax of loads, right and wrong, put together. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "../settings.h"
#include "base/limit.h"
#include "base/str.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

static const struct {
	const char *text;
	bool good;
} name[] = {
	{ "Threads_running", true }, { "threads_running", true },
	{ "Innodb_row_lock_current_waits", true }, { "a1", true },
	{ "validate_password.dictionary_file_words_count", true },
	{ "", false }, { "Threads running", false },
	{ "Threads_running'", false },
	{ "a-b", false }, { "a%", false }, { "a\\", false },
	{ "a123456789a123456789a123456789a123456789a123456789a1234567890abc",
	    true },
	{ "a123456789a123456789a123456789a123456789a123456789a1234567890abcd",
	    false },
};

static const struct {
	const char *text;
	bool good;
	double most;
} value[] = {
	{ "", true, 0 }, { "=", true, 0 }, { ":", true, 0 },
	{ "=25", true, 25 }, { ":25", true, 25 }, { "=0.5", true, 0.5 },
	{ ":1000000", true, 1e6 }, { "=007", true, 7 },
	{ "=0", false, 0 }, { ":0.0", false, 0 }, { "=-1", false, 0 },
	{ "=x", false, 0 }, { ":25%", false, 0 }, { "=25=3", false, 0 },
	{ "= 25", false, 0 }, { "=1e3", false, 0 }, { "=25k", false, 0 },
	{ "=inf", false, 0 }, { "=nan", false, 0 }, { ">25", false, 0 },
	{ "==25", false, 0 }, { ":=25", false, 0 }, { "=25.", false, 0 },
};

static void
each_form_is_taken_or_refused(void **state)
{
	struct str text = STR_INIT;
	struct limit l;
	const char *why;
	size_t i, k;

	(void)state;
	for (i = 0; i < N(name) * N(value); i++) {
		k = i % N(value);
		str_reset(&text);
		str_addf(&text, "%s%s", name[i / N(value)].text,
		    value[k].text);
		why = limit_parse(&l, text.s);
		if ((why == NULL) != (name[i / N(value)].good &&
		    value[k].good))
			fail_msg("\"%s\": %s", text.s, why);
		if (why != NULL)
			continue;
		assert_string_equal(l.name, name[i / N(value)].text);
		assert_true(l.most > value[k].most - 1e-9 &&
		    l.most < value[k].most + 1e-9);
	}
	str_free(&text);
}

/* Lists of two, with what may be between them. */
static void
lists_are_taken_if_both_are(void **state)
{
	static const char *const between[] = { ",", ", ", " , " };
	struct settings *f = *state;
	struct str text = STR_INIT;
	const struct option *opt;
	size_t i, k, j;
	bool no, good;
	int rc;

	for (i = 0; i < N(name) * N(value); i++) {
		k = i % N(value);
		j = i / N(value);
		/* The list's own blanks and commas are not in question. */
		if (name[j].text[0] == '\0' || strchr(name[j].text, '\\'))
			continue;
		str_reset(&text);
		str_addf(&text, "Slow_queries:3%s%s%s", between[i % 3],
		    name[j].text, value[k].text);
		opt = option_find(i % 2 == 0 ? "max-load" : "critical-load",
		    &no);
		rc = option_set(&f->o, opt, false, text.s, NULL);
		good = name[j].good && value[k].good;
		if ((rc == 0) != good)
			fail_msg("\"%s\"", text.s);
		if (good)
			assert_string_equal(i % 2 == 0 ? f->c.max_load :
			    f->c.critical_load, text.s);
	}
	str_free(&text);
}

static void
lists_that_are_none(void **state)
{
	static const char *const bad[] = { "a=1,a=2", "a=1,b=2,A:3", "a,a",
	    "a=1,,b=2", ",a", "a,", ",", " " };
	struct settings *f = *state;
	const struct option *opt;
	size_t i;
	bool no;

	opt = option_find("max-load", &no);
	for (i = 0; i < N(bad); i++)
		if (option_set(&f->o, opt, false, bad[i], NULL) == 0)
			fail_msg("\"%s\" is taken", bad[i]);
	assert_string_equal(f->c.max_load, "Threads_running=25");
	assert_int_equal(option_set(&f->o, opt, false, "", NULL), 0);
	assert_string_equal(f->c.max_load, "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_form_is_taken_or_refused),
		TEST(lists_are_taken_if_both_are),
		TEST(lists_that_are_none),
	};

	return cmocka_run_group_tests_name("limit", tests, NULL, NULL);
}
