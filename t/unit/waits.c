#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/reasons.h"
#include "base/utf8.h"
#include "base/waits.h"

#define SIZE 1000

/* What so many reasons, of texts of that length, become. */
static struct waits
there_and_back(const char *piece, size_t pieces, size_t n)
{
	struct str text = STR_INIT, list = STR_INIT, packed = STR_INIT;
	struct waits w = { { 12.5, 50 }, 1, 3, NULL, NULL, NULL }, back;

	for (size_t i = 0; i < pieces; i++)
		str_addz(&text, piece);
	for (size_t i = 0; i < n; i++)
		reasons_add(&list, text.s, 86400.25, text.s);
	w.what = text.s;
	w.reasons = list.s;
	w.fewer = text.s;
	waits_pack(&packed, &w, SIZE);
	assert_true(packed.len <= SIZE);
	assert_true(utf8_valid(packed.s));
	waits_unpack(&back, packed.s);
	str_free(&text);
	str_free(&list);
	str_free(&packed);
	return back;
}

static void
any_texts_fit(void **state)
{
	static const char *const piece[] = { "a", "\xff", "\xc3\xa9",
	    "\xf0\x9f\x90\x98", "1:\n", "\"\\" };
	static const size_t pieces[] = { 1, 7, 39, 40, 41, 150, 329, 330, 331,
	    950, 5000 };
	struct reason r;
	struct waits w;
	const char *list;
	size_t i, j, n, seen;

	(void)state;
	for (i = 0; i < sizeof(piece) / sizeof(piece[0]); i++)
	    for (j = 0; j < sizeof(pieces) / sizeof(pieces[0]); j++)
		for (n = 0; n < 40; n++) {
			w = there_and_back(piece[i], pieces[j], n);
			assert_true(w.what[0] != '\0');
			assert_true(waits_share(&w.waited) > 0.24 &&
			    waits_share(&w.waited) < 0.26);
			assert_int_equal(w.workers, 1);
			assert_int_equal(w.workers_most, 3);
			assert_true(w.fewer[0] != '\0');
			seen = 0;
			for (list = w.reasons; reasons_next(&list, &r);
			    reasons_free(&r)) {
				assert_true(r.text[0] != '\0');
				assert_string_equal(r.since,
				    "1970-01-02 00:00:00.250000");
				seen++;
			}
			assert_int_equal(*list, '\0');
			assert_true(n == 0 ? seen == 0 : seen > 0);
			assert_true(n > 6 || seen == n);
			waits_free(&w);
		}
}

static void
what_is_short_is_not_cut(void **state)
{
	struct waits w = there_and_back("/a b", 40, 2);
	const char *list = w.reasons;
	struct reason r;

	(void)state;
	assert_true(reasons_next(&list, &r));
	assert_int_equal(strlen(r.text), 160);
	reasons_free(&r);
	waits_free(&w);
}

static void
what_others_have_written_is_a_text(void **state)
{
	static const char *const other[] = { "", "the file x", "3:a",
	    "12:nan infinity\n0:\n1:a\n", "3:0 1\n", "9:-1 -1e999\n0:\n" };
	struct waits w;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(other) / sizeof(other[0]); i++) {
		waits_unpack(&w, other[i]);
		assert_true(waits_share(&w.waited) >= 0 &&
		    waits_share(&w.waited) <= 1);
		assert_true(w.waited.seconds >= 0 && w.waited.seconds < 1e9);
		assert_string_equal(w.what, i < 3 || i == 4 ? other[i] : "");
		waits_free(&w);
	}
}

static void
others_are_told_from_the_same(void **state)
{
	struct str a = STR_INIT, b = STR_INIT;

	(void)state;
	assert_true(reasons_same(a.s, b.s));
	reasons_add(&a, "the file x", 1, "it to be gone");
	assert_false(reasons_same(a.s, b.s));
	assert_false(reasons_same(b.s, a.s));
	reasons_add(&b, "the file x", 2, "it to be seen");
	assert_true(reasons_same(a.s, b.s));
	reasons_add(&a, "the clock", 1, "");
	reasons_add(&b, "the load", 1, "");
	assert_false(reasons_same(a.s, b.s));
	str_free(&a);
	str_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_texts_fit),
		cmocka_unit_test(what_is_short_is_not_cut),
		cmocka_unit_test(what_others_have_written_is_a_text),
		cmocka_unit_test(others_are_told_from_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
