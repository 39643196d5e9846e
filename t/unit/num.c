#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/num.h"

static void
size_takes_units_of_1024(void **state)
{
	unsigned long long v;

	(void)state;
	assert_int_equal(num_size("1000", &v), 0);
	assert_true(v == 1000);
	assert_int_equal(num_size("2k", &v), 0);
	assert_true(v == 2048);
	assert_int_equal(num_size("3M", &v), 0);
	assert_true(v == 3ULL << 20);
	assert_int_equal(num_size("1G", &v), 0);
	assert_true(v == 1ULL << 30);
	assert_int_equal(num_size("18446744073709551615", &v), 0);
	assert_true(v == UINT64_MAX);
}

static void
size_refuses_what_is_not_one_and_keeps_the_value(void **state)
{
	static const char *const bad[] = {
		"", " 1", "1 ", "-1", "+1", "1kk", "1K", "k", "1.5", "0x10",
		"18446744073709551616", "17179869184G", "1e3",
	};
	unsigned long long v = 7;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (num_size(bad[i], &v) != -1)
			fail_msg("\"%s\" was taken", bad[i]);
		assert_true(v == 7);
	}
}

static void
seconds_takes_units(void **state)
{
	static const struct {
		const char *text;
		double seconds;
	} good[] = {
		{ "0", 0 }, { "0.1", 0.1 }, { "100ms", 0.1 }, { "1s", 1 },
		{ "1.5m", 90 }, { "2h", 7200 }, { "1d", 86400 },
		{ ".25", 0.25 }, { "0.005", 0.005 },
	};
	double v;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(num_seconds(good[i].text, &v), 0);
		if (v < good[i].seconds || v > good[i].seconds)
			fail_msg("%s is %.17g", good[i].text, v);
	}
}

static void
seconds_refuses_what_is_not_a_duration(void **state)
{
	static const char *const bad[] = {
		"", "fast", "-1", "1 s", "1.", ".", "1.2.3", "inf", "nan",
		"1e3", "1M", "1ss", "0x1", "99999999999", "1,5",
		"1234567890123456789012345678901234567890",
	};
	double v = 7;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (num_seconds(bad[i], &v) != -1)
			fail_msg("\"%s\" was taken", bad[i]);
	assert_true(v > 6.9 && v < 7.1);
}

static void
uint_keeps_to_its_range(void **state)
{
	unsigned int v = 7;

	(void)state;
	assert_int_equal(num_uint("1", 1, 64, &v), 0);
	assert_int_equal(v, 1);
	assert_int_equal(num_uint("64", 1, 64, &v), 0);
	assert_int_equal(num_uint("0", 1, 64, &v), -1);
	assert_int_equal(num_uint("65", 1, 64, &v), -1);
	assert_int_equal(num_uint("4294967297", 1, 64, &v), -1);
	assert_int_equal(num_uint("1k", 1, 64, &v), -1);
	assert_int_equal(num_uint("", 0, 64, &v), -1);
	assert_int_equal(v, 64);
}

static void
real_has_no_unit(void **state)
{
	double v = 7;

	(void)state;
	assert_int_equal(num_real("4.0", &v), 0);
	assert_int_equal(num_real("4s", &v), -1);
	assert_int_equal(num_real("-4", &v), -1);
	assert_true(v > 3.9 && v < 4.1);
}

static void
bool_has_eight_words_in_any_case(void **state)
{
	bool v = false;

	(void)state;
	assert_int_equal(num_bool("YES", &v), 0);
	assert_true(v);
	assert_int_equal(num_bool("off", &v), 0);
	assert_false(v);
	assert_int_equal(num_bool("True", &v), 0);
	assert_true(v);
	assert_int_equal(num_bool("0", &v), 0);
	assert_false(v);
	assert_int_equal(num_bool("", &v), -1);
	assert_int_equal(num_bool("2", &v), -1);
	assert_int_equal(num_bool("y", &v), -1);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(size_takes_units_of_1024),
		cmocka_unit_test(
		    size_refuses_what_is_not_one_and_keeps_the_value),
		cmocka_unit_test(seconds_takes_units),
		cmocka_unit_test(seconds_refuses_what_is_not_a_duration),
		cmocka_unit_test(uint_keeps_to_its_range),
		cmocka_unit_test(real_has_no_unit),
		cmocka_unit_test(bool_has_eight_words_in_any_case),
	};

	return cmocka_run_group_tests_name("num", tests, NULL, NULL);
}
