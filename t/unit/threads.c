#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "model/threads.h"
#include "server/cores.h"

static unsigned int
chosen(unsigned int cores, bool autoinc_lock, unsigned int asked)
{
	const struct server s = { .cores = cores };
	struct plan p = { .server = &s, .autoinc_lock = autoinc_lock };

	threads_choose(&p, asked);
	return p.threads;
}

static void
auto_is_two_to_four_by_the_cores(void **state)
{
	static const unsigned int want[] = { 2, 2, 2, 2, 2, 2, 3, 3, 4, 4 };
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		assert_int_equal(chosen(i, false, 0), want[i]);
		assert_int_equal(chosen(i, true, 0), 2);
	}
	assert_int_equal(chosen(256, false, 0), 4);
	assert_int_equal(chosen(256, true, 0), 2);
}

static void
a_number_stays_that_number(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 1; i <= 64; i++) {
		assert_int_equal(chosen(0, false, i), i);
		assert_int_equal(chosen(2, true, i), i);
	}
}

static void
each_reason_is_told(void **state)
{
	static const char *const want[] = {
		[THREADS_ASKED] = "7, as --threads says",
		[THREADS_ALONE] = "1 copies, whatever",
		[THREADS_IN_TURN] = "2, as one copies while",
		[THREADS_CORES] = "3, as the server has 6 cores",
		[THREADS_UNKNOWN] = "2, as it is not known",
	};
	static const struct server six = { .cores = 6 }, none = { .cores = 0 };
	struct plan p[] = {
		[THREADS_ASKED] = { .server = &six },
		[THREADS_ALONE] = { .server = &six, .numbers = true },
		[THREADS_IN_TURN] = { .server = &six, .autoinc_lock = true },
		[THREADS_CORES] = { .server = &six },
		[THREADS_UNKNOWN] = { .server = &none },
	};
	struct str s = STR_INIT;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(p) / sizeof(p[0]); i++) {
		threads_choose(&p[i], i == THREADS_ASKED ? 7 : 0);
		assert_int_equal(p[i].threads_why, i);
		str_reset(&s);
		threads_describe(&s, &p[i]);
		if (strncmp(s.s, want[i], strlen(want[i])) != 0)
			fail_msg("%s", s.s);
	}
	str_free(&s);
}

static void
a_list_of_cores_is_counted(void **state)
{
	static const struct {
		const char *list;
		unsigned int n;
	} t[] = {
		{ "0", 1 }, { "0-3", 4 }, { "0-3,8", 5 }, { "1,3,5-7", 5 },
		{ "", 0 }, { "-", 0 }, { "3-1", 0 }, { "0-", 0 }, { "a", 0 },
		{ "0,,2", 0 }, { "0,", 0 }, { "0-3 ", 0 }, { " 0", 0 },
		{ "0-99999999999999999999", 0 }, { "0--2", 0 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		if (cores_in(t[i].list) != t[i].n)
			fail_msg("'%s': %u", t[i].list, cores_in(t[i].list));
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(auto_is_two_to_four_by_the_cores),
		cmocka_unit_test(a_number_stays_that_number),
		cmocka_unit_test(each_reason_is_told),
		cmocka_unit_test(a_list_of_cores_is_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
