#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/figures.h"
#include "base/gauge.h"
#include "base/text_list.h"
#include "base/utf8.h"

#define SIZE 700

static void
they_come_back(void **state)
{
	const struct progress p = { .verb = "copied", .total = 1000,
	    .done = 300, .chunk = 20, .seconds = 1.5, .before = 100 };
	struct figures_kept kept = FIGURES_KEPT_INIT;
	struct str packed = STR_INIT;
	struct figures f;

	(void)state;
	figures_pack(&packed, &kept, SIZE);
	assert_string_equal(packed.s, "");
	figures_progress(&kept, &p);
	figures_chunk(&kept, 0.25, 0.5);
	figures_lag(&kept, "replica a:1", 0.5, 1);
	figures_lag(&kept, "replica b:2", 2.5, 1);
	figures_lag(&kept, "replica c:3", 1.5, 1);
	figures_blocker(&kept, "connection 7 (a@b), for 1 s: SELECT 1");
	figures_error(&kept, ERR_DISK);
	figures_error(&kept, ERR_STOPPED);
	figures_pack(&packed, &kept, SIZE);
	figures_unpack(&f, packed.s);
	assert_string_equal(f.verb, "copied");
	assert_int_equal(f.progress.total, 1000);
	assert_int_equal(f.progress.done, 300);
	assert_int_equal(f.progress.before, 100);
	assert_int_equal(f.progress.chunk, 20);
	assert_true(f.progress.seconds > 1.49 && f.progress.seconds < 1.51);
	assert_true(f.chunk_s > 0.24 && f.chunk_s < 0.26);
	assert_true(f.lag > 2.4 && f.lag < 2.6);
	assert_string_equal(f.lag_of, "replica b:2");
	assert_string_equal(f.blocker, "connection 7 (a@b), for 1 s: SELECT 1");
	assert_int_equal(f.error, ERR_DISK);
	figures_step(&kept);
	str_reset(&packed);
	figures_pack(&packed, &kept, SIZE);
	figures_unpack(&f, packed.s);
	assert_string_equal(f.verb, "");
	assert_string_equal(f.blocker, "");
	assert_true(f.chunk_s < 0);
	assert_true(f.lag > 2.4);
	str_free(&packed);
}

/* Names and statements of any kind. */
static void
they_fit(void **state)
{
	static const char *const piece[] = { "a", "\xff", "\xc3\xa9",
	    "\xf0\x9f\x90\x98", "1:\n" };
	const struct progress p = { .verb = "reconstructed",
	    .total = ~0ULL, .done = ~0ULL, .chunk = ~0ULL, .seconds = 1e9,
	    .before = ~0ULL };
	struct figures_kept kept = FIGURES_KEPT_INIT;
	struct str text = STR_INIT, packed = STR_INIT;
	struct figures f;
	size_t i, n;

	(void)state;
	for (i = 0; i < sizeof(piece) / sizeof(piece[0]); i++) {
		str_reset(&text);
		for (n = 0; n < 1000; n++)
			str_addz(&text, piece[i]);
		figures_progress(&kept, &p);
		figures_chunk(&kept, 1e9, 1e9);
		figures_lag(&kept, text.s, 1e9, 1e9);
		figures_blocker(&kept, text.s);
		figures_error(&kept, ERR_UNPROVEN);
		str_reset(&packed);
		figures_pack(&packed, &kept, SIZE);
		assert_true(packed.len > 0 && packed.len <= SIZE);
		assert_true(utf8_valid(packed.s));
		figures_unpack(&f, packed.s);
		assert_true(f.blocker[0] != '\0' && utf8_valid(f.blocker));
		assert_true(utf8_valid(f.lag_of));
	}
	str_free(&text);
	str_free(&packed);
}

/* Anybody may write to a registry. */
static void
lies_are_numbers_at_most(void **state)
{
	static const char *const value[] = { "", "copied", "copied -1 -1 -1",
	    "\x1b[31m 1 2", "99999999999999999999", "nan inf", "-5 -5",
	    "verbthatistoolongforit 1 2 3", "1e400 1 x" };
	static const char *const name[] = { "rows", "chunk", "lag", "blocker",
	    "error", "other", "" };
	struct str list = STR_INIT;
	struct figures f;
	size_t i, j;

	(void)state;
	for (i = 0; i < sizeof(name) / sizeof(name[0]); i++)
		for (j = 0; j < sizeof(value) / sizeof(value[0]); j++) {
			str_reset(&list);
			text_list_add(&list, name[i]);
			text_list_add(&list, value[j]);
			text_list_add(&list, name[i]);
			figures_unpack(&f, list.s);
			assert_true(strspn(f.verb,
			    "abcdefghijklmnopqrstuvwxyz") == strlen(f.verb));
			assert_true(f.progress.seconds >= -1 &&
			    f.progress.seconds < 1e9);
			assert_true(f.progress.before <= f.progress.done);
			assert_true(f.lag >= -1 && f.lag < 1e9);
			assert_true((int)f.error >= 0 && f.error <= 125);
		}
	figures_unpack(&f, "no list");
	assert_string_equal(f.verb, "");
	str_free(&list);
}

static void
charts_are_as_wide_as_asked(void **state)
{
	struct gauge g = { .n = 0 };
	struct str s = STR_INIT;
	int i;

	(void)state;
	gauge_chart(&s, &g, 10, false);
	assert_string_equal(s.s, "");
	assert_true(gauge_rate(&g) < 0);
	for (i = 0; i < 1000; i++)
		gauge_add(&g, i, (unsigned long long)i * 50);
	assert_true(gauge_rate(&g) > 49.9 && gauge_rate(&g) < 50.1);
	gauge_chart(&s, &g, 10, false);
	assert_string_equal(s.s, "##########");
	str_reset(&s);
	gauge_chart(&s, &g, 100000, false);
	assert_true(s.len < GAUGE_POINTS);
	/* It stands still, and begins anew. */
	for (i = 1000; i < 1010; i++)
		gauge_add(&g, i, 999 * 50);
	assert_true(gauge_rate(&g) < 0.1);
	str_reset(&s);
	gauge_chart(&s, &g, 5, true);
	assert_string_equal(s.s, "     ");
	gauge_add(&g, 1010, 5);
	assert_true(gauge_rate(&g) < 0);
	str_reset(&s);
	gauge_bar(&s, 0.5, 4, false);
	gauge_bar(&s, -1, 2, false);
	gauge_bar(&s, 1, 2, true);
	assert_string_equal(s.s, "##----\xe2\x96\x88\xe2\x96\x88");
	str_free(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(they_come_back),
		cmocka_unit_test(they_fit),
		cmocka_unit_test(lies_are_numbers_at_most),
		cmocka_unit_test(charts_are_as_wide_as_asked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
