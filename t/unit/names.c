/* Which tables the comment of the notes vouches for. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "model/names.h"

static bool
vouches(const char *table, const char *for_table, const char *extra)
{
	struct str comment = STR_INIT;
	struct qname q;
	struct names n;
	struct err e;
	bool yes;

	assert_int_equal(qname_set(&n.old, "d", table, &e), 0);
	assert_int_equal(qname_set(&q, "d", for_table, &e), 0);
	names_derive(&n);
	names_comment(&comment, &n);
	str_addz(&comment, extra);
	yes = names_vouch(comment.s, &q);
	str_free(&comment);
	return yes;
}

static void
the_two_that_change_places_are_vouched_for(void **state)
{
	static const char *const odd[][3] = {
		{ "t", "_t_new", "_t_old" },
		{ "a`b", "_a`b_new", "_a`b_old" },
		{ "a, b", "_a, b_new", "_a, b_old" },
		{ "'\\", "_'\\_new", "_'\\_old" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		assert_true(vouches(odd[i][0], odd[i][1], ""));
		assert_true(vouches(odd[i][0], odd[i][2], ""));
		assert_true(vouches(odd[i][0], odd[i][1], ", `x`"));
	}
	assert_true(vouches("t", "x", ", `x`"));
}

static void
no_other_one_is(void **state)
{
	(void)state;
	assert_false(vouches("t", "t", ""));
	assert_false(vouches("t", "_t_notes", ""));
	assert_false(vouches("t", "__t_new", ""));
	assert_false(vouches("t", "_t_ne", ""));
	assert_false(vouches("x` `t", "t", ""));
	assert_false(vouches("a, `_b_new`, c", "_b_new", ""));
	assert_false(vouches("a` `_b_new`, `c", "_b_new", ""));
}

static void
a_comment_of_somebody_elses_vouches_for_nothing(void **state)
{
	struct qname q;
	struct err e;

	(void)state;
	assert_int_equal(qname_set(&q, "d", "_t_new", &e), 0);
	assert_false(names_vouch("", &q));
	assert_false(names_vouch("`_t_new`", &q));
	assert_false(names_vouch("on `_t_new`, `_t_old`", &q));
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_two_that_change_places_are_vouched_for),
		cmocka_unit_test(no_other_one_is),
		cmocka_unit_test(
		    a_comment_of_somebody_elses_vouches_for_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
