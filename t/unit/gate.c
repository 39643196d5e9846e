#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/util.h"
#include "throttle/gate.h"
#include "throttle/pause.h"
#include "throttle/watcher.h"

/* A source that finds what it is told to. */
struct scene {
	const char *what;	/* NULL: nothing */
	unsigned int holds;
	double in, used;
	int rc;			/* what it returns */
	int fd[2];		/* it hangs until the other end is closed */
	bool hangs;
	int looks, looks_held;	/* 0: it holds for ever */
};

struct play {
	struct gate *gate;
	struct watcher *watcher;
	struct gate_reasons why;
	struct err e;
};

static int
look(void *arg, struct verdict *v, struct err *e)
{
	struct scene *s = arg;
	struct str *near;
	char c;

	s->looks++;
	if (s->hangs)
		assert_int_equal(read(s->fd[0], &c, 1), 0);
	if (s->what != NULL)
		str_addz(&v->what, s->what);
	v->holds = s->looks_held == 0 || s->looks <= s->looks_held ?
	    s->holds : 0;
	v->in = s->in;
	near = s->used > 0 ? source_uses(v, s->used) : NULL;
	if (near != NULL)
		str_addf(near, "it is %.1f", s->used);
	return s->rc == 0 ? 0 : err_set(e, ERR_LIMIT, "it broke") * -s->rc;
}

static void
cut(void *arg)
{
	struct scene *s = arg;

	if (s->fd[1] > 0)
		close(s->fd[1]);
	s->fd[1] = 0;
}

static void
leave(void *arg)
{
	(void)arg;
}

static void
begin(struct play *p)
{
	*p = (struct play){ .why = GATE_REASONS_INIT };
	p->gate = gate_new();
	p->watcher = watcher_new(p->gate);
}

static void
add_blind(struct play *p, struct scene *s, double every, double blind)
{
	const struct source source = { .name = xstrdup("the oracle"),
	    .every = every, .may_hold = HOLD_WALK | HOLD_SWAP, .blind = blind,
	    .look = look, .free = leave, .arg = s };

	watcher_add(p->watcher, &source);
	watcher_start(p->watcher);
}

static void
add(struct play *p, struct scene *s)
{
	add_blind(p, s, 0, 0);
}

static int
now(struct play *p, unsigned int what)
{
	return gate_look(p->gate, what, &p->why, &p->e);
}

static void
end(struct play *p)
{
	assert_true(watcher_end(p->watcher));
	gate_free(p->gate);
	gate_free_reasons(&p->why);
}

static void
it_is_open_when_nothing_is_found(void **state)
{
	struct scene none = { .looks = 0 };
	struct play p;

	(void)state;
	begin(&p);
	assert_int_equal(now(&p, HOLD_WALK), 1);
	add(&p, &none);
	assert_int_equal(now(&p, HOLD_WALK), 1);
	assert_string_equal(p.why.what.s, "");
	assert_true(gate_is_open(p.gate, HOLD_SWAP));
	end(&p);
}

static void
it_is_shut_for_whom_a_source_holds_and_says_why_and_since_when(void **state)
{
	struct scene a = { .what = "a", .holds = HOLD_WALK, .in = 5 };
	struct scene b = { .what = "b", .holds = HOLD_WALK | HOLD_SWAP };
	double began = now_s(), since;
	struct play p;

	(void)state;
	begin(&p);
	add(&p, &a);
	add(&p, &b);
	assert_int_equal(now(&p, HOLD_WALK), 0);
	assert_string_equal(p.why.what.s, "a; and b");
	assert_true(p.why.in > 4);
	since = p.why.since;
	assert_true(since >= began && since <= now_s());
	/* That it goes on is no new beginning. */
	assert_int_equal(now(&p, HOLD_WALK), 0);
	assert_true(p.why.since <= since && p.why.since >= since);
	assert_int_equal(now(&p, HOLD_SWAP), 0);
	assert_string_equal(p.why.what.s, "b");
	assert_false(gate_is_open(p.gate, HOLD_SWAP));
	end(&p);
}

static void
a_source_rests_while_nobody_asks(void **state)
{
	struct scene s = { .what = "a", .holds = HOLD_SWAP };
	struct play p;
	int i;

	(void)state;
	begin(&p);
	add(&p, &s);
	for (i = 1; i < 6; i++) {
		assert_int_equal(now(&p, HOLD_SWAP), 0);
		assert_int_equal(s.looks, i);
	}
	end(&p);
	assert_int_equal(s.looks, 5);
}

static void
a_source_is_not_asked_more_often_than_it_wants(void **state)
{
	struct scene s = { .what = "a", .holds = HOLD_SWAP };
	struct play p;
	int i;

	(void)state;
	begin(&p);
	add_blind(&p, &s, 1000, 0);
	assert_int_equal(now(&p, HOLD_SWAP), 0);
	for (i = 0; i < 1000; i++)
		assert_false(gate_is_open(p.gate, HOLD_SWAP));
	/* But for those who begin something. */
	assert_int_equal(now(&p, HOLD_SWAP), 0);
	end(&p);
	assert_int_equal(s.looks, 2);
}

static void
a_source_that_condemns_ends_it_for_good(void **state)
{
	struct scene s = { .rc = -1 };
	struct play p;

	(void)state;
	begin(&p);
	add(&p, &s);
	assert_int_equal(now(&p, HOLD_WALK), -1);
	assert_int_equal(p.e.kind, ERR_LIMIT);
	assert_string_equal(p.e.text, "it broke");
	end(&p);
	assert_int_equal(s.looks, 1);
	begin(&p);
	s.rc = -1;
	add(&p, &s);
	assert_false(gate_is_condemned(p.gate));
	assert_int_equal(now(&p, HOLD_WALK), -1);
	assert_true(gate_is_condemned(p.gate));
	assert_true(gate_has_told(p.gate));
	assert_false(gate_is_open(p.gate, HOLD_SWAP));
	assert_int_equal(now(&p, HOLD_SWAP), -1);
	end(&p);
}

static void
a_source_that_sees_nothing_stays_as_it_was_or_shuts_it(void **state)
{
	struct scene calm = { .rc = 1 }, strict = { .rc = 1 };
	struct play p;

	(void)state;
	begin(&p);
	add(&p, &calm);
	assert_int_equal(now(&p, HOLD_WALK), 1);
	add_blind(&p, &strict, 0, 1000);
	assert_int_equal(now(&p, HOLD_WALK), 0);
	assert_string_equal(p.why.what.s, "the oracle, which does not answer: "
	    "it broke");
	end(&p);
}

static void
a_source_that_was_fine_may_be_silent_for_a_while(void **state)
{
	struct scene s = { .looks = 0 }, soon = { .looks = 0 };
	struct play p;

	(void)state;
	begin(&p);
	add_blind(&p, &s, 0, 1000);
	add_blind(&p, &soon, 0, 1e-9);
	assert_int_equal(now(&p, HOLD_WALK), 1);
	end(&p);
	begin(&p);
	add_blind(&p, &s, 0, 1000);
	assert_int_equal(now(&p, HOLD_WALK), 1);
	s.rc = 1;
	assert_int_equal(now(&p, HOLD_WALK), 1);
	end(&p);
	begin(&p);
	add_blind(&p, &soon, 0, 1e-9);
	assert_int_equal(now(&p, HOLD_WALK), 1);
	soon.rc = 1;
	assert_int_equal(now(&p, HOLD_WALK), 0);
	end(&p);
}

static int
count(void *arg, struct err *e)
{
	int *calls = arg;

	(void)e;
	++*calls;
	return 0;
}

static void
a_wait_ends_when_it_opens_or_is_condemned(void **state)
{
	struct scene s = { .what = "a", .holds = HOLD_WALK, .looks_held = 3 };
	int calls = 0;
	struct play p;

	(void)state;
	begin(&p);
	add(&p, &s);
	assert_int_equal(now(&p, HOLD_WALK), 0);
	assert_int_equal(pause_wait(p.gate, HOLD_WALK, count, &calls, &p.e),
	    0);
	assert_true(gate_is_open(p.gate, HOLD_WALK));
	end(&p);
	assert_true(s.looks > 3);
	begin(&p);
	s.rc = -1;
	add(&p, &s);
	assert_int_equal(now(&p, HOLD_WALK), -1);
	assert_int_equal(pause_wait(p.gate, HOLD_WALK, count, &calls, &p.e),
	    -1);
	assert_int_equal(p.e.kind, ERR_LIMIT);
	end(&p);
}

static void
a_source_that_hangs_hangs_alone_and_is_named(void **state)
{
	struct scene stuck = { .hangs = true };
	struct scene other = { .what = "b", .holds = HOLD_SWAP };
	struct play p;

	(void)state;
	assert_int_equal(pipe(stuck.fd), 0);
	begin(&p);
	add_blind(&p, &stuck, 0, 15);
	add(&p, &other);
	assert_int_equal(now(&p, HOLD_SWAP), 0);
	assert_string_equal(p.why.what.s, "the oracle, which does not answer; "
	    "and b");
	/* It cannot be ended, which is said, and nothing is freed. */
	assert_false(watcher_end(p.watcher));
	cut(&stuck);
	end(&p);
	close(stuck.fd[0]);
	assert_int_equal(stuck.looks, 1);
}

static void
the_end_cuts_off_a_source_that_hangs(void **state)
{
	struct scene stuck = { .hangs = true };
	struct source source = { .name = xstrdup("the oracle"), .look = look,
	    .cut = cut, .free = leave, .arg = &stuck };
	struct play p;

	(void)state;
	assert_int_equal(pipe(stuck.fd), 0);
	begin(&p);
	watcher_add(p.watcher, &source);
	watcher_start(p.watcher);
	assert_int_equal(now(&p, HOLD_WALK), 1);
	end(&p);
	close(stuck.fd[0]);
	assert_int_equal(stuck.looks, 1);
}

static void
the_source_that_is_nearest_to_its_limit_is_the_strain(void **state)
{
	struct scene a = { .used = 0.5 }, b = { .used = 0.9 };
	struct scene none = { .looks = 0 };
	struct gate_strain s = GATE_STRAIN_INIT;
	struct play p;
	double at;

	(void)state;
	gate_strain(NULL, HOLD_WALK, &s);
	assert_true(!(s.used > 0) && !(s.at > 0));
	begin(&p);
	gate_strain(p.gate, HOLD_WALK, &s);
	assert_true(!(s.at > 0));
	add(&p, &a);
	add(&p, &b);
	add(&p, &none);
	assert_int_equal(now(&p, HOLD_WALK), 1);
	gate_strain(p.gate, HOLD_WALK, &s);
	assert_true(s.used > 0.8 && s.at > 0 && s.at <= now_s());
	assert_string_equal(s.why.s, "it is 0.9");
	/* Those that cannot hold it do not strain it. */
	gate_strain(p.gate, HOLD_WRITE, &s);
	assert_true(!(s.used > 0));
	assert_string_equal(s.why.s, "");
	b.used = 0.2;
	assert_int_equal(now(&p, HOLD_WALK), 1);
	gate_strain(p.gate, HOLD_WALK, &s);
	assert_string_equal(s.why.s, "it is 0.5");
	/* A look that finds nothing out leaves it as it was, and as old. */
	at = s.at;
	a.rc = 1;
	a.used = 0.7;
	assert_int_equal(now(&p, HOLD_WALK), 1);
	gate_strain(p.gate, HOLD_WALK, &s);
	assert_string_equal(s.why.s, "it is 0.5");
	assert_true(s.at >= at && s.at <= at);
	str_free(&s.why);
	end(&p);
}

static void
the_pace_is_that_which_was_set_last(void **state)
{
	const struct gate_pace pace = { .threads = 3, .chunk_time = 0.5 };
	struct gate *g = gate_new();

	(void)state;
	assert_int_equal(gate_pace(g).threads, 0);
	assert_true(gate_pace(g).chunk_time < 0);
	gate_set_pace(g, &pace);
	assert_int_equal(gate_pace(g).threads, 3);
	gate_free(g);
}

static void
no_gate_is_an_open_one(void **state)
{
	struct gate_reasons r = GATE_REASONS_INIT;
	struct err e = { .kind = ERR_NONE };

	(void)state;
	assert_int_equal(gate_look(NULL, HOLD_WALK, &r, &e), 1);
	assert_int_equal(gate_ask(NULL, HOLD_SWAP, &r, &e), 1);
	assert_true(gate_is_open(NULL, HOLD_WALK));
	assert_false(gate_is_condemned(NULL));
	assert_false(gate_has_told(NULL));
	assert_true(gate_pace(NULL).chunk_time < 0);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_is_open_when_nothing_is_found),
		cmocka_unit_test(
		it_is_shut_for_whom_a_source_holds_and_says_why_and_since_when),
		cmocka_unit_test(a_source_rests_while_nobody_asks),
		cmocka_unit_test(
		    a_source_is_not_asked_more_often_than_it_wants),
		cmocka_unit_test(a_source_that_condemns_ends_it_for_good),
		cmocka_unit_test(
		    a_source_that_sees_nothing_stays_as_it_was_or_shuts_it),
		cmocka_unit_test(
		    a_source_that_was_fine_may_be_silent_for_a_while),
		cmocka_unit_test(a_wait_ends_when_it_opens_or_is_condemned),
		cmocka_unit_test(a_source_that_hangs_hangs_alone_and_is_named),
		cmocka_unit_test(the_end_cuts_off_a_source_that_hangs),
		cmocka_unit_test(
		    the_source_that_is_nearest_to_its_limit_is_the_strain),
		cmocka_unit_test(the_pace_is_that_which_was_set_last),
		cmocka_unit_test(no_gate_is_an_open_one),
	};

	return cmocka_run_group_tests_name("gate", tests, NULL, NULL);
}
