#include "steps/piece.h"

#include <string.h>

#include "base/event.h"
#include "base/stop.h"
#include "steps/cursor.h"

#define BREATH	0.002	/* seconds: most transactions are over by then */

bool
piece_may_split(const struct err *e)
{
	return db_class_conflict(e) ||
	    (e->kind == ERR_SQL && db_class(e->sqlno) == DB_TOO_BIG);
}

bool
piece_again(const struct tries *t, unsigned int *failed)
{
	return ++*failed <= t->times && !stop_sleep(t->wait);
}

/* Where a chunk is being done. */
struct state {
	const struct piece_work *work;
	struct db *db;
	struct piece piece;
	unsigned int failed;		/* since the last that succeeded */
};

/* Find where a piece of so many rows ends, inside the chunk. */
static int
find_end(struct state *s, struct err *e)
{
	struct chunk *p = &s->piece.part;
	const struct chunk *c = s->piece.chunk;
	const struct chunk rest = { .after = p->after, .upto = c->upto,
	    .rows = p->rows };
	bool waits = s->work->waiting != NULL && p->rows == 1;
	int rc = 0;

	bound_copy(&p->upto, &c->upto);
	if (p->rows < c->rows || waits)
		rc = cursor_nth(s->db, s->work->path, &rest,
		    waits ? s->work->waiting : "", &p->upto, e);
	return rc < 0 ? -1 : 0;
}

/* A row alone: is it worth another try? */
static bool
try_row_again(struct state *s, struct err *e)
{
	const struct tries *t = s->work->tries;

	if (!db_class_conflict(e) || (++s->failed > t->times &&
	    !s->work->patient)) {
		/* It had its tries. */
		e->sqlno = 0;
		return false;
	}
	event_wait(EVENT_WAIT_ROW, "a row that another session has locked");
	return !stop_sleep(t->wait);
}

static int
repair(struct state *s, struct err *e)
{
	const struct piece_work *w = s->work;
	int rc = w->repair == NULL ? 0 : w->repair(w->arg, s->db,
	    s->failed + 1, &s->piece.part.after, e);

	if (rc == 1)
		s->failed++;
	return rc == 1 ? 0 : -1;
}

/* A piece failed.  0: the next try may succeed; -1: give up. */
static int
recover(struct state *s, struct err *e)
{
	struct err ignored = { .kind = ERR_NONE };
	struct chunk *p = &s->piece.part;

	if (e->kind == ERR_LOST)
		return -1;		/* walk_run() connects again */
	db_quiet(s->db, &ignored, "ROLLBACK");
	if (!piece_may_split(e))
		return repair(s, e);
	if (stop_requested())
		return err_set(e, ERR_STOPPED, "stopped while rows were "
		    "locked");
	if (p->rows <= 1)
		return try_row_again(s, e) ? 0 : -1;
	stop_sleep(BREATH);
	p->rows = (p->rows + 1) / 2;
	return 0;
}

/* The next one begins where it ends, and is larger. */
static void
go_on(struct state *s, const struct chunk_done *one, struct chunk_done *all)
{
	struct chunk *p = &s->piece.part;

	all->rows += one->rows;
	all->others += one->others;
	all->idle += one->idle;
	s->piece.before = all->rows + all->others;
	if (s->failed > 0)
		event_wait(EVENT_WAIT_ROW, NULL);
	s->failed = 0;
	bound_copy(&p->after, &p->upto);
	if (p->rows < s->piece.chunk->rows)
		p->rows *= 2;
}

int
piece_run(const struct piece_work *w, struct db *db, const struct chunk *c,
    struct chunk_done *done, struct err *e)
{
	struct state s = { .work = w, .db = db, .piece = { .chunk = c,
	    .part = { .after = BOUND_INIT, .upto = BOUND_INIT,
	    .rows = c->rows } } };
	struct chunk_done one;
	bool met = false, ends = false;
	int rc = 0;

	bound_copy(&s.piece.part.after, &c->after);
	while (!ends && rc == 0) {
		memset(&one, 0, sizeof(one));
		if (find_end(&s, e) != 0 ||
		    w->run(w->arg, db, &s.piece, &one, e) != 0) {
			rc = recover(&s, e);
			met = true;
			continue;
		}
		ends = bound_equal(&s.piece.part.upto, &c->upto);
		go_on(&s, &one, done);
	}
	bound_free(&s.piece.part.after);
	bound_free(&s.piece.part.upto);
	return rc < 0 ? -1 : met;
}
