/*
 * The baton.
 *
 * There is no queue and no producer.  The cursor is a baton: whoever holds
 * its mutex finds the next boundary on his own connection, moves the cursor,
 * lets go, and does the chunk.  One worker is the same code.
 *
 * The end is the last row there was when the walk began.  What the
 * application appends later comes by the triggers; so the walk ends however
 * fast it appends, and every chunk has a boundary on both sides.
 */
#include "steps/walk.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "base/pace.h"
#include "base/progress.h"
#include "base/stop.h"
#include "base/util.h"
#include "model/sql.h"

#define REDRAW		0.2	/* seconds, on a terminal */
#define KEEP_ALIVE	2.0	/* seconds between two calls of meanwhile() */

/* All that workers share; the mutex guards everything below it. */
struct cursor {
	const struct walk *walk;
	pthread_mutex_t lock;
	pthread_cond_t worker_left;
	struct bound last;		/* the end of what was handed out */
	struct bound end;		/* the last row of the table */
	bool done;			/* everything is handed out */
	struct pace pace;
	unsigned int working;
	unsigned long long rows, chunks, conflicts;
	struct err failed;		/* the first failure */
};

struct worker {
	pthread_t thread;
	struct cursor *cursor;
	struct db *db;
};

static void
fail(struct cursor *c, const struct err *e)
{
	pthread_mutex_lock(&c->lock);
	if (c->failed.kind == ERR_NONE)
		c->failed = *e;
	c->done = true;
	pthread_mutex_unlock(&c->lock);
}

/* One row of key parts, or none: 1, 0 or -1. */
static int
ask_bound(struct db *db, const struct plan *p, const char *sql,
    struct bound *b, struct err *e)
{
	struct rows r = ROWS_INIT;
	int rc = db_rows(db, &r, e, "%s", sql);

	if (rc == 0 && r.n > 0) {
		bound_set(b, p->old, p->walk, r.cell[0]);
		rc = 1;
	}
	rows_free(&r);
	return rc;
}

static int
find_end(struct cursor *c, struct db *db, struct err *e)
{
	const struct plan *p = c->walk->plan;
	struct str q = STR_INIT;
	int rc;

	sql_last(&q, p);
	rc = ask_bound(db, p, q.s, &c->end, e);
	str_free(&q);
	if (rc == 0 && !c->walk->to_the_end)
		c->done = true;		/* an empty table */
	return rc < 0 ? -1 : 0;
}

/* Where the next chunk ends; needs the baton. */
static int
next_bound(struct cursor *c, struct db *db, struct chunk *k, struct err *e)
{
	const struct plan *p = c->walk->plan;
	struct str q = STR_INIT;
	int rc;

	bound_copy(&k->after, &c->last);
	bound_free(&k->upto);
	k->rows = pace_rows(&c->pace);
	if (bound_equal(&c->last, &c->end)) {
		c->done = true;		/* what is left is after the end */
		return 0;
	}
	sql_boundary(&q, p, &c->last, &c->end, k->rows);
	rc = ask_bound(db, p, q.s, &k->upto, e);
	str_free(&q);
	if (rc < 0)
		return -1;
	if (rc == 0)
		bound_copy(&k->upto, &c->end);
	bound_copy(&c->last, &k->upto);
	if (bound_equal(&c->last, &c->end) && !c->walk->to_the_end)
		c->done = true;
	return 0;
}

/* 1: there is a chunk; 0: there is none left, or somebody failed. */
static int
cursor_next(struct cursor *c, struct db *db, struct chunk *k, struct err *e)
{
	int rc = 0;

	pthread_mutex_lock(&c->lock);
	if (!c->done) {
		rc = next_bound(c, db, k, e);
		if (rc == 0)
			rc = 1;
	}
	pthread_mutex_unlock(&c->lock);
	return rc;
}

/*
 * Is it worth another try?  A lost connection is made anew; the transaction
 * went with it.
 */
static bool
try_again(struct worker *w, unsigned int *tries, struct err *e)
{
	const struct tries *t = &w->cursor->walk->cfg->tries_copy_rows;
	struct err e2 = { .kind = ERR_NONE };

	if (e->kind != ERR_LOST &&
	    (e->kind != ERR_SQL || db_class(e->sqlno) != DB_CONFLICT))
		return false;
	if (e->kind != ERR_LOST)
		db_quiet(w->db, &e2, "ROLLBACK");
	while (++*tries <= t->times && !stop_sleep(t->wait))
		if (e->kind != ERR_LOST || db_reopen(w->db, &e2) == 0)
			return true;
	return false;
}

/* Find the next chunk; as cursor_next(), but not so soon discouraged. */
static int
next_chunk(struct worker *w, struct chunk *k, struct err *e)
{
	unsigned int tries = 0;
	int rc;

	while ((rc = cursor_next(w->cursor, w->db, k, e)) < 0 &&
	    try_again(w, &tries, e))
		;
	return rc;
}

static int
do_chunk(struct worker *w, const struct chunk *k, struct chunk_done *done,
    struct err *e)
{
	const struct walk *walk = w->cursor->walk;
	unsigned int tries = 0;
	int rc;

	while ((rc = walk->chunk(walk->arg, w->db, k, done, e)) < 0 &&
	    try_again(w, &tries, e))
		;
	return rc;
}

static void
cursor_note(struct cursor *c, const struct chunk *k, unsigned long long rows,
    double seconds, bool conflict)
{
	pthread_mutex_lock(&c->lock);
	c->rows += rows;
	c->chunks++;
	if (conflict) {
		c->conflicts++;
		pace_shrink(&c->pace);
	} else if (rows > k->rows / 2) {
		/* The short last chunk says little about the rate. */
		pace_note(&c->pace, rows, seconds);
	}
	pthread_mutex_unlock(&c->lock);
}

static int
work(struct worker *w, struct err *e)
{
	struct cursor *c = w->cursor;
	const struct walk *walk = c->walk;
	struct chunk k = { BOUND_INIT, BOUND_INIT, 0 };
	struct chunk_done done;
	double began;
	int rc = 0, met;

	while (!stop_requested() && (rc = next_chunk(w, &k, e)) > 0) {
		memset(&done, 0, sizeof(done));
		began = now_s();
		met = do_chunk(w, &k, &done, e);
		if (met < 0) {
			rc = -1;
			break;
		}
		cursor_note(c, &k, done.rows, now_s() - began - done.idle,
		    met == 1);
		if (walk->cfg->sleep > 0)
			stop_sleep(walk->cfg->sleep);
	}
	bound_free(&k.after);
	bound_free(&k.upto);
	return rc;
}

static void *
run_worker(void *arg)
{
	struct worker *w = arg;
	struct cursor *c = w->cursor;
	struct err e = { .kind = ERR_NONE };

	db_thread_init();
	if (work(w, &e) < 0)
		fail(c, &e);
	db_thread_end();
	pthread_mutex_lock(&c->lock);
	c->working--;
	pthread_cond_signal(&c->worker_left);
	pthread_mutex_unlock(&c->lock);
	return NULL;
}

/* Is it time for another line of progress? */
static bool
is_due(const struct config *cfg, const struct progress *now,
    const struct progress *shown)
{
	if (log_live())
		return true;
	switch (cfg->progress_by) {
	case PROGRESS_TIME:
		return now->seconds - shown->seconds >= cfg->progress_every;
	case PROGRESS_PERCENTAGE:
		return 100 * (progress_share(now) - progress_share(shown)) >=
		    cfg->progress_every;
	case PROGRESS_ITERATIONS:
		return (double)(now->chunk - shown->chunk) >=
		    cfg->progress_every;
	}
	return false;
}

static void
show(const struct progress *p, unsigned long long chunk_rows)
{
	struct str line = STR_INIT;
	struct progress shown = *p;

	shown.chunk = chunk_rows;
	progress_line(&line, &shown);
	log_progress(line.s);
	str_free(&line);
}

/* Keep alive what the caller holds; not under the mutex: it may take long. */
static void
call_meanwhile(struct cursor *c, double *called)
{
	const struct walk *w = c->walk;
	struct err e = { .kind = ERR_NONE };

	if (w->meanwhile == NULL || now_s() - *called < KEEP_ALIVE)
		return;
	pthread_mutex_unlock(&c->lock);
	if (w->meanwhile(w->meanwhile_arg, &e) != 0)
		fail(c, &e);
	pthread_mutex_lock(&c->lock);
	*called = now_s();
}

/* Until a worker leaves, or it is time to look. */
static void
wait_a_little(struct cursor *c)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += (long)(REDRAW * 1e9);
	if (until.tv_nsec >= 1000000000L) {
		until.tv_sec++;
		until.tv_nsec -= 1000000000L;
	}
	pthread_cond_timedwait(&c->worker_left, &c->lock, &until);
}

/* The main thread, while the workers work. */
static void
watch(struct cursor *c, double began)
{
	const struct walk *w = c->walk;
	struct progress now = { .verb = w->verb, .total = w->plan->old->rows };
	struct progress shown = now;
	double called = began;

	pthread_mutex_lock(&c->lock);
	while (c->working > 0) {
		wait_a_little(c);
		call_meanwhile(c, &called);
		now.done = c->rows;
		now.chunk = c->chunks;
		now.seconds = now_s() - began;
		if (c->working > 0 && is_due(w->cfg, &now, &shown)) {
			show(&now, pace_rows(&c->pace));
			shown = now;
		}
	}
	pthread_mutex_unlock(&c->lock);
}

static int
hire(struct cursor *c, struct worker *w, struct err *e)
{
	const struct walk *walk = c->walk;

	w->cursor = c;
	return db_open(&w->db, walk->cfg, walk->verb, e) != 0 ||
	    server_session(walk->plan->server, w->db, walk->session,
	    walk->plan->session, walk->cfg, e) != 0 ? -1 : 0;
}

static void
cursor_init(struct cursor *c, const struct walk *w)
{
	pthread_condattr_t attr;

	c->walk = w;
	pthread_mutex_init(&c->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&c->worker_left, &attr);
	pthread_condattr_destroy(&attr);
	pace_init(&c->pace, w->cfg->chunk_adapts, w->cfg->chunk_time,
	    w->cfg->chunk_size);
}

static void
cursor_free(struct cursor *c)
{
	bound_free(&c->last);
	bound_free(&c->end);
	pthread_cond_destroy(&c->worker_left);
	pthread_mutex_destroy(&c->lock);
}

static void
set_to_work(struct cursor *c, struct worker *w, unsigned int n)
{
	unsigned int i;

	c->working = n;
	for (i = 0; i < n; i++)
		if (pthread_create(&w[i].thread, NULL, run_worker, &w[i]) != 0)
			abort();
}

int
walk_run(const struct walk *w, struct walk_result *result, struct err *e)
{
	bool alone = w->plan->numbers && w->session == SESSION_COPY;
	unsigned int i, n = alone ? 1 : w->cfg->threads;
	struct cursor c = { .walk = NULL };
	struct worker *worker = xcalloc(n, sizeof(*worker));
	double began = now_s();
	int rc = 0;

	cursor_init(&c, w);
	for (i = 0; i < n && rc == 0; i++)
		rc = hire(&c, &worker[i], e);
	if (rc == 0)
		rc = find_end(&c, worker[0].db, e);
	if (rc == 0) {
		set_to_work(&c, worker, n);
		watch(&c, began);
		for (i = 0; i < n; i++)
			pthread_join(worker[i].thread, NULL);
		if (c.failed.kind != ERR_NONE) {
			*e = c.failed;
			rc = -1;
		} else if (!c.done) {
			rc = err_set(e, ERR_STOPPED, "stopped after %llu rows "
			    "were %s", c.rows, w->verb);
		}
	}
	for (i = 0; i < n; i++)
		db_close(worker[i].db);
	result->rows = c.rows;
	result->chunks = c.chunks;
	result->conflicts = c.conflicts;
	result->seconds = now_s() - began;
	cursor_free(&c);
	free(worker);
	return rc;
}
