#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/util.h"
#include "model/low_water.h"

static void
at(struct bound *b, const char *literal)
{
	bound_free(b);
	b->literal = xcalloc(1, sizeof(*b->literal));
	b->literal[0] = xstrdup(literal);
	b->n = 1;
}

static unsigned long long
add(struct low_water *t, const char *literal)
{
	struct bound b = BOUND_INIT;
	unsigned long long n;

	at(&b, literal);
	n = low_water_add(t, &b);
	bound_free(&b);
	return n;
}

static void
marked(const struct low_water *t, const char *literal, unsigned long long rows)
{
	assert_non_null(t->mark.literal);
	assert_string_equal(t->mark.literal[0], literal);
	assert_int_equal(t->rows, rows);
}

/* What low_water_would_move() says is what low_water_done() then does. */
static void
done(struct low_water *t, unsigned long long number, unsigned long long rows,
    bool moves)
{
	struct bound would = BOUND_INIT;
	unsigned long long total = 0;

	assert_int_equal(low_water_would_move(t, number, rows, &would, &total),
	    moves);
	low_water_done(t, number, rows);
	if (moves) {
		assert_true(bound_equal(&would, &t->mark));
		assert_int_equal(total, t->rows);
	}
	bound_free(&would);
}

static void
one_after_the_other(void **state)
{
	struct low_water t = LOW_WATER_INIT;
	int i;

	(void)state;
	for (i = 0; i < 100; i++) {
		char name[16];

		snprintf(name, sizeof(name), "%d", i);
		done(&t, add(&t, name), 10, true);
		marked(&t, name, (unsigned long long)i * 10 + 10);
	}
	assert_int_equal(t.n, 0);
	low_water_free(&t);
}

static void
the_first_unfinished_holds_it_back(void **state)
{
	struct low_water t = LOW_WATER_INIT;
	unsigned long long a, b, c, d;

	(void)state;
	a = add(&t, "a");
	b = add(&t, "b");
	c = add(&t, "c");
	done(&t, c, 1, false);
	done(&t, b, 2, false);
	assert_null(t.mark.literal);
	d = add(&t, "d");
	done(&t, a, 4, true);
	marked(&t, "c", 7);
	done(&t, d, 8, true);
	marked(&t, "d", 15);
	low_water_free(&t);
}

static void
it_goes_on_from_a_mark(void **state)
{
	struct low_water t = LOW_WATER_INIT;
	struct bound b = BOUND_INIT;

	(void)state;
	at(&b, "m");
	low_water_start(&t, &b, 100);
	marked(&t, "m", 100);
	add(&t, "n");
	done(&t, add(&t, "o"), 3, false);
	marked(&t, "m", 100);
	done(&t, 0, 2, true);
	marked(&t, "o", 105);
	bound_free(&b);
	low_water_free(&t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_after_the_other),
		cmocka_unit_test(the_first_unfinished_holds_it_back),
		cmocka_unit_test(it_goes_on_from_a_mark),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
