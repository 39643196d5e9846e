/* What of a chunk's pieces needs no server; t/33-locks.t has the rest. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "steps/piece.h"

#define LOCK_WAIT	1205
#define DUPLICATE	1062

static bool
splits(enum err_kind kind, unsigned int sqlno)
{
	const struct err e = { .kind = kind, .sqlno = sqlno };

	return piece_may_split(&e);
}

static void
locks_and_size_are_reasons_to_split(void **state)
{
	(void)state;
	assert_true(splits(ERR_SQL, LOCK_WAIT));
	assert_true(splits(ERR_SQL, DB_ERR_TOO_BIG));
	assert_false(splits(ERR_SQL, DUPLICATE));
	assert_false(splits(ERR_LOST, LOCK_WAIT));
	assert_false(splits(ERR_CHANGED, 0));
}

static void
it_is_tried_again_as_often_as_said(void **state)
{
	const struct tries t = { .times = 2, .wait = 0 };
	unsigned int failed = 0;

	(void)state;
	assert_true(piece_again(&t, &failed));
	assert_true(piece_again(&t, &failed));
	assert_false(piece_again(&t, &failed));
}

/* What the function for a piece was told, and what it is to say. */
struct seen {
	unsigned int calls;
	unsigned long long rows, before;
	bool whole;			/* it was as the chunk is */
	enum err_kind fails;
};

static int
run(void *arg, struct db *db, const struct piece *p, struct chunk_done *done,
    struct err *e)
{
	struct seen *s = arg;

	(void)db;
	s->calls++;
	s->rows = p->part.rows;
	s->before = p->before;
	s->whole = bound_equal(&p->part.after, &p->chunk->after) &&
	    bound_equal(&p->part.upto, &p->chunk->upto);
	done->rows = 7;
	return s->fails == ERR_NONE ? 0 : err_set(e, s->fails, "as asked");
}

static int
run_chunk(struct seen *s, struct chunk_done *done, struct err *e)
{
	char *one[] = { (char[]){ "1" } }, *two[] = { (char[]){ "2" } };
	const struct chunk c = { .after = { one, 1 }, .upto = { two, 1 },
	    .rows = 1000 };
	const struct tries t = { .times = 3, .wait = 0 };
	const struct piece_work w = { .tries = &t, .run = run, .arg = s };

	return piece_run(&w, NULL, &c, done, e);
}

static void
a_chunk_that_meets_nothing_is_one_piece(void **state)
{
	struct err e = { .kind = ERR_NONE };
	struct chunk_done done = { .rows = 0 };
	struct seen s = { .calls = 0 };

	(void)state;
	assert_int_equal(run_chunk(&s, &done, &e), 0);
	assert_int_equal(s.calls, 1);
	assert_int_equal(s.rows, 1000);
	assert_int_equal(s.before, 0);
	assert_true(s.whole);
	assert_int_equal(done.rows, 7);
}

/* walk.c connects again, and does the chunk from its beginning. */
static void
a_lost_connection_is_left_to_the_walk(void **state)
{
	struct err e = { .kind = ERR_NONE };
	struct chunk_done done = { .rows = 0 };
	struct seen s = { .fails = ERR_LOST };

	(void)state;
	assert_int_equal(run_chunk(&s, &done, &e), -1);
	assert_int_equal(s.calls, 1);
	assert_int_equal(e.kind, ERR_LOST);
	assert_int_equal(done.rows, 0);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(locks_and_size_are_reasons_to_split),
		cmocka_unit_test(it_is_tried_again_as_often_as_said),
		cmocka_unit_test(a_chunk_that_meets_nothing_is_one_piece),
		cmocka_unit_test(a_lost_connection_is_left_to_the_walk),
	};

	return cmocka_run_group_tests_name("piece", tests, NULL, NULL);
}
