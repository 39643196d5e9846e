#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/util.h"
#include "steps/postpone.h"
#include "throttle/gate.h"
#include "throttle/watcher.h"

/* A source that holds the swap for so many looks, the server, the tables. */
struct scene {
	int looks, last;	/* the look at which it holds it no more */
	int breaks;		/* the look at which it fails */
	double in;		/* what is said at the first look */
	int watched, compared;
	double when, took;
	struct scene *other;	/* goes back to waiting at a comparison */
};

static int
stand_in(void *arg, struct verdict *v, struct err *e)
{
	struct scene *s = arg;

	s->looks++;
	if (s->looks == s->breaks)
		return err_set(e, ERR_SQL, "broken");
	if (s->looks >= s->last)
		return 0;
	str_addz(&v->what, "something");
	v->holds = HOLD_SWAP;
	v->in = s->in;
	return 0;
}

static void
leave(void *arg)
{
	(void)arg;
}

static void
add(struct watcher *w, struct scene *s)
{
	const struct source source = { .name = xstrdup("it"),
	    .look = stand_in, .free = leave, .arg = s };

	watcher_add(w, &source);
}

static int
watch(void *arg, struct err *e)
{
	struct scene *s = arg;

	(void)e;
	s->watched++;
	return 0;
}

static int
compare(void *arg, struct err *e)
{
	struct scene *s = arg;

	(void)e;
	s->compared++;
	s->when = now_s();
	if (s->other != NULL)
		s->other->last = s->other->looks + 3;
	s->other = NULL;
	return 0;
}

static int
play(struct scene *a, struct scene *b, struct err *e)
{
	struct gate *gate = gate_new();
	struct watcher *watcher = watcher_new(gate);
	const struct postpone p = {
		.gate = gate,
		.watch = watch, .compare = compare, .arg = a,
		.compared = &a->when, .took = &a->took,
	};
	int rc;

	add(watcher, a);
	add(watcher, b);
	watcher_start(watcher);
	rc = postpone_run(&p, e);
	assert_true(watcher_end(watcher));
	gate_free(gate);
	return rc;
}

static void
it_waits_for_all_of_them(void **state)
{
	struct scene a = { .last = 2 }, b = { .last = 4 };
	struct err e = { .kind = ERR_NONE };

	(void)state;
	assert_int_equal(play(&a, &b, &e), 0);
	assert_int_equal(b.looks, 4);
	assert_int_equal(a.looks, 4);
	assert_int_equal(a.compared, 0);
}

static void
a_source_that_condemns_ends_it(void **state)
{
	struct scene a = { .last = 9 }, b = { .last = 1, .breaks = 2 };
	struct err e = { .kind = ERR_NONE };

	(void)state;
	assert_int_equal(play(&a, &b, &e), -1);
	assert_int_equal(e.kind, ERR_SQL);
}

static void
an_old_comparison_is_made_again(void **state)
{
	struct scene a = { .last = 1, .took = 2 }, b = { .last = 1 };
	struct err e = { .kind = ERR_NONE };

	(void)state;
	a.when = now_s() - 50;
	assert_int_equal(play(&a, &b, &e), 0);
	assert_int_equal(a.compared, 0);
	a.when = now_s() - 70;
	assert_int_equal(play(&a, &b, &e), 0);
	assert_int_equal(a.compared, 1);
	/* It is not older than it took. */
	a.when = now_s() - 70;
	a.took = 100;
	assert_int_equal(play(&a, &b, &e), 0);
	assert_int_equal(a.compared, 1);
	/* They were not compared at all, as was asked for. */
	a.when = 0;
	assert_int_equal(play(&a, &b, &e), 0);
	assert_int_equal(a.compared, 1);
}

static void
it_is_made_in_time_for_what_is_known_to_come(void **state)
{
	struct scene a = { .last = 4, .in = 140, .took = 100 };
	struct scene b = { .last = 1 };
	struct err e = { .kind = ERR_NONE };

	(void)state;
	a.when = now_s() - 1000;
	assert_int_equal(play(&a, &b, &e), 0);
	assert_int_equal(a.compared, 1);
	assert_int_equal(a.looks, 4);
	/* Too early, and then the wait is over. */
	a.looks = a.compared = 0;
	a.in = 170;
	a.when = now_s() - 1000;
	assert_int_equal(play(&a, &b, &e), 0);
	assert_int_equal(a.compared, 1);
	assert_int_equal(a.looks, 5);
}

static void
after_it_the_gate_is_asked_again(void **state)
{
	struct scene a = { .last = 1, .took = 2 }, b = { .last = 1 };
	struct err e = { .kind = ERR_NONE };

	(void)state;
	a.when = now_s() - 70;
	a.other = &b;
	assert_int_equal(play(&a, &b, &e), 0);
	assert_int_equal(a.compared, 1);
	assert_int_equal(b.looks, 4);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_waits_for_all_of_them),
		cmocka_unit_test(a_source_that_condemns_ends_it),
		cmocka_unit_test(an_old_comparison_is_made_again),
		cmocka_unit_test(it_is_made_in_time_for_what_is_known_to_come),
		cmocka_unit_test(after_it_the_gate_is_asked_again),
	};

	return cmocka_run_group_tests_name("postpone", tests, NULL, NULL);
}
