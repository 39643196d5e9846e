/*
 * The baton.
 *
 * There is no queue and no producer.  The cursor is a baton: the worker that
 * holds its mutex finds the next boundary on its own connection, moves the
 * cursor, lets go, and does the chunk.  One worker is the same code.  Nobody
 * has a second chunk in store, so whoever is through with one takes the next
 * that there is; and walks whose chunks need something that there are fewer of
 * say so (struct walk, most), instead of having workers wait for it.
 *
 * The main thread says how many of the workers take chunks: as many as are
 * asked for, or fewer while the load is near its limit (throttle/crew.h).
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

#include "base/backoff.h"
#include "base/event.h"
#include "base/log.h"
#include "base/pace.h"
#include "base/progress.h"
#include "base/stop.h"
#include "base/timer.h"
#include "base/util.h"
#include "server/session.h"
#include "steps/cursor.h"
#include "steps/piece.h"
#include "steps/progress_report.h"
#include "throttle/crew.h"
#include "throttle/pause.h"

#define REDRAW		0.2	/* seconds, on a terminal */
#define KEEP_ALIVE	2.0	/* seconds between two calls of meanwhile() */
#define MOST_WORKERS	64
#define NAP		0.1	/* seconds between a worker's looks */
#define BACKOFF { .first = 0.5, .most = 30 }	/* of tries to connect */

struct worker {
	pthread_t thread;
	unsigned int number;
	struct cursor *cursor;
	struct db *db;
};

/*
 * Is it worth another try?  A lost connection is made anew; the transaction
 * went with it.
 */
static bool
try_again(struct worker *w, unsigned int *tries, struct err *e)
{
	const struct walk *walk = w->cursor->walk;
	struct err e2 = { .kind = ERR_NONE };
	bool lost = e->kind == ERR_LOST;

	if (!lost && !db_class_conflict(e))
		return false;
	if (!lost)
		db_quiet(w->db, &e2, "ROLLBACK");
	/* A lock of the whole table is waited for without end. */
	if (walk->locks_table && !lost)
		*tries = 0;
	return piece_again(&walk->cfg->tries_copy_rows, tries) &&
	    (!lost || server_reconnect(w->db, e) == 0);
}

/* As cursor_find_end(), but not so soon discouraged. */
static int
first_end(struct worker *w, struct err *e)
{
	unsigned int tries = 0;
	int rc;

	while ((rc = cursor_find_end(w->cursor, w->db, e)) < 0 &&
	    try_again(w, &tries, e))
		;
	return rc;
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
		memset(done, 0, sizeof(*done));
	return rc;
}

/* What the gate is asked for. */
static unsigned int
hold(const struct walk *w)
{
	return HOLD_WALK | (w->session == SESSION_COPY ? HOLD_WRITE : 0);
}

/*
 * --sleep and --nice-ratio are pauses of the walk, in which no worker is given
 * a chunk.  Those of --sleep add up, however many connections there are; the
 * ratio is one of times in which there is work to times in which there is none.
 */
static void
rest(struct cursor *c, double took)
{
	const struct config *cfg = c->walk->cfg;
	double now = now_s(), nice = now + cfg->nice_ratio * took;

	pthread_mutex_lock(&c->lock);
	c->rests = (c->rests > now ? c->rests : now) + cfg->sleep;
	if (c->rests < nice)
		c->rests = nice;
	pthread_mutex_unlock(&c->lock);
}

/* Wait while the gate is shut; false when there is a request to stop. */
static bool
goes_on(const struct worker *w)
{
	struct cursor *c = w->cursor;
	bool done, paused;
	double rests;

	do {
		pthread_mutex_lock(&c->lock);
		done = c->done;
		rests = c->rests - now_s();
		paused = w->number >= c->limit || rests > 0;
		pthread_mutex_unlock(&c->lock);
		paused = !done && (paused ||
		    !gate_is_open(c->walk->watch->gate, hold(c->walk)));
	} while (paused && !stop_sleep(rests > 0 && rests < NAP ? rests :
	    NAP));
	return !stop_requested();
}

static int
work(struct worker *w, struct err *e)
{
	struct cursor *c = w->cursor;
	struct chunk k = { .after = BOUND_INIT, .upto = BOUND_INIT };
	struct chunk_done done;
	double began, took;
	int rc = 0, met;

	while (goes_on(w) && (rc = next_chunk(w, &k, e)) > 0) {
		memset(&done, 0, sizeof(done));
		began = db_clock(w->db);
		met = do_chunk(w, &k, &done, e);
		if (met < 0) {
			rc = -1;
			break;
		}
		took = db_clock(w->db) - began;
		cursor_note(c, &k, &done, took - done.idle, met == 1);
		event_measure(EVENT_CHUNK_TIME, c->walk->verb, took,
		    c->walk->cfg->chunk_adapts ? c->walk->cfg->chunk_time : -1);
		rest(c, took);
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
		cursor_fail(c, &e);
	db_thread_end();
	pthread_mutex_lock(&c->lock);
	c->working--;
	pthread_cond_signal(&c->worker_left);
	pthread_mutex_unlock(&c->lock);
	return NULL;
}

/* Under the mutex: the thread may be through before this returns. */
static bool
start(struct worker *w)
{
	if (pthread_create(&w->thread, NULL, run_worker, w) != 0)
		return false;
	w->cursor->working++;
	return true;
}

static void
fire(struct worker *w)
{
	db_close(w->db);
	w->db = NULL;
}

/* What the main thread remembers while the workers work. */
struct round {
	double began;
	double called;			/* when it last did */
	struct pause pause;
	struct progress shown;
	struct worker *worker;		/* MOST_WORKERS of them */
	unsigned int n;
	struct crew crew;
	struct gate_strain strain;
	struct str why;			/* it has made them fewer */
	struct backoff more;		/* of connections, or threads */
};

/* Keep alive what the caller holds; not under the mutex: it may take long. */
static void
call_meanwhile(struct cursor *c, struct round *r)
{
	const struct walk_watch *w = c->walk->watch;
	struct err e = { .kind = ERR_NONE };

	if (now_s() - r->called < KEEP_ALIVE)
		return;
	if (w->meanwhile(w->arg, &e) != 0)
		cursor_fail(c, &e);
	r->called = now_s();
}

/* The workers ask the gate themselves; here it is said why they wait. */
static void
tell_pause(struct cursor *c, struct round *r, bool first)
{
	struct err e = { .kind = ERR_NONE };

	if (pause_ask(&r->pause, c->walk->watch->gate, hold(c->walk), first,
	    &e) < 0)
		cursor_fail(c, &e);
}

/* How far it is, at a rate that leaves pauses out. */
static struct progress
progress_of(const struct cursor *c, const struct round *r)
{
	struct progress p = {
		.verb = c->walk->verb,
		.total = c->walk->path->table->rows,
		.before = c->walk->from_rows,
		.done = c->walk->from_rows + c->rows + c->others,
		.chunk = c->chunks,
		.seconds = now_s() - r->began - pause_idle(&r->pause),
		.elapsed = now_s() - r->began,
	};

	return p;
}

/* Until a worker leaves, or it is time to look. */
static void
wait_a_little(struct cursor *c)
{
	struct timespec until = timer_until(REDRAW);

	pthread_cond_timedwait(&c->worker_left, &c->lock, &until);
}

static int
hire(struct cursor *c, struct worker *w, struct err *e)
{
	const struct walk *walk = c->walk;

	w->cursor = c;
	return session_open(&w->db, walk->server, walk->verb, walk->session,
	    walk->modes, e);
}

/* How long the first worker is waited for. */
struct patience {
	double until;
	struct backoff next;
};

#define PATIENCE(c) { now_s() + (c)->walk->cfg->login.reconnect_for, BACKOFF }

/* Before another try; -1 with *e, which is as it was when time is up. */
static int
wait_to_try(struct cursor *c, struct patience *p, struct err *e)
{
	const struct walk_watch *watch = c->walk->watch;

	if (now_s() > p->until)
		return -1;
	backoff_failed(&p->next);
	if (stop_sleep(p->next.wait))
		return err_set(e, ERR_STOPPED, "stopped");
	return watch->meanwhile(watch->arg, e);
}

/* The server may be restarting just now: the caller can wait for it. */
static int
hire_first(struct cursor *c, struct worker *w, struct err *e)
{
	struct patience p = PATIENCE(c);

	while (hire(c, w, e) != 0) {
		if ((e->kind != ERR_LOST && e->kind != ERR_CONNECT) ||
		    wait_to_try(c, &p, e) != 0)
			return -1;
		fire(w);
	}
	return 0;
}

/* One more; not when the others have just come to the end. */
static bool
hire_another(struct cursor *c, struct round *r, unsigned int threads)
{
	struct worker *w = &r->worker[r->n];
	struct err e = { .kind = ERR_NONE };
	bool starts = false;

	if (!backoff_is_due(&r->more))
		return false;
	w->number = r->n;
	if (hire(c, w, &e) == 0) {
		pthread_mutex_lock(&c->lock);
		if (c->working > 0 && !c->done && !(starts = start(w)))
			err_set(&e, ERR_NEEDS, "no thread can be started");
		pthread_mutex_unlock(&c->lock);
	}
	if (e.kind == ERR_NONE)
		backoff_succeeded(&r->more);
	else if (backoff_failed(&r->more))
		log_warn("%u thread%s instead of %u, for now: %s", r->n,
		    r->n == 1 ? "" : "s", threads, e.text);
	if (starts)
		r->n++;
	else
		fire(w);
	return starts;
}

/* What the load leaves of those that are asked for. */
static void
ease(struct cursor *c, struct round *r, unsigned int most)
{
	struct event_workers now = { .most = most };
	struct crew_look look;
	enum crew_change change;

	gate_strain(c->walk->watch->gate, hold(c->walk), &r->strain);
	look = (struct crew_look){ r->strain.used, r->strain.at };
	change = crew_step(&r->crew, most, &look);
	if (change == CREW_FEWER) {
		str_reset(&r->why);
		str_addz(&r->why, r->strain.why.s);
	}
	now.change = change == CREW_FEWER ? EVENT_WORKERS_FEWER :
	    change == CREW_MORE ? EVENT_WORKERS_MORE : EVENT_WORKERS_ARE;
	now.n = change != CREW_STAYS || r->crew.n < r->n ? r->crew.n : r->n;
	now.why = r->crew.n < most ? r->why.s : "";
	event_workers(&now);
	event_measure("Threads", "at work", now.n, most);
}

/* What was asked for since; those who are too many are given nothing. */
static void
adjust(struct cursor *c, struct round *r)
{
	const struct gate_pace p = gate_pace(c->walk->watch->gate);
	unsigned int threads = p.threads > 0 ? p.threads : c->walk->threads;

	if (c->walk->most > 0 && threads > c->walk->most)
		threads = c->walk->most;
	ease(c, r, threads);
	threads = r->crew.n;
	while (r->n < threads && r->n < MOST_WORKERS)
		if (!hire_another(c, r, threads))
			break;
	pthread_mutex_lock(&c->lock);
	c->limit = threads;
	if (p.chunk_time >= 0)
		pace_aim(&c->pace, cursor_pace(c->walk, p.chunk_time));
	pthread_mutex_unlock(&c->lock);
}

/* The main thread, while the workers work. */
static void
watch(struct cursor *c, struct round *r)
{
	struct progress now;

	pthread_mutex_lock(&c->lock);
	while (c->working > 0) {
		wait_a_little(c);
		pthread_mutex_unlock(&c->lock);
		tell_pause(c, r, false);
		adjust(c, r);
		call_meanwhile(c, r);
		pthread_mutex_lock(&c->lock);
		now = progress_of(c, r);
		progress_report_rows(c->walk->cfg, &now, &r->shown,
		    pace_rows(&c->pace), c->working > 0);
	}
	pthread_mutex_unlock(&c->lock);
}

/* Hours of work may lie behind us: a lack of threads is waited out. */
static int
start_first(struct cursor *c, struct worker *w, struct err *e)
{
	struct patience p = PATIENCE(c);
	bool starts;

	for (;;) {
		pthread_mutex_lock(&c->lock);
		starts = start(w);
		pthread_mutex_unlock(&c->lock);
		if (starts)
			return 0;
		if (!(p.next.wait > 0))
			log_warn("no thread can be started; trying again");
		err_set(e, ERR_NEEDS, "no thread can be started");
		if (wait_to_try(c, &p, e) != 0)
			return -1;
		e->kind = ERR_NONE;
	}
}

/* From the first chunk to the last. */
static int
go_over(struct cursor *c, struct round *r, struct err *e)
{
	unsigned int i;

	tell_pause(c, r, true);
	c->limit = 1;
	if (start_first(c, &r->worker[0], e) != 0)
		return -1;
	/* The others come while the first is at work already. */
	adjust(c, r);
	watch(c, r);
	for (i = 0; i < r->n; i++)
		pthread_join(r->worker[i].thread, NULL);
	*e = c->failed;
	if (e->kind != ERR_NONE)
		return -1;
	return c->done ? 0 : err_set(e, ERR_STOPPED, "stopped after %llu rows "
	    "were %s", c->rows, c->walk->verb);
}

int
walk_run(const struct walk *w, struct walk_result *result, struct err *e)
{
	struct cursor c = { .walk = NULL };
	double began = now_s();
	struct round r = { .n = 1, .began = began, .called = began,
	    .strain = GATE_STRAIN_INIT, .why = STR_INIT, .more = BACKOFF };
	unsigned int i;
	int rc;

	r.worker = xcalloc(MOST_WORKERS, sizeof(*r.worker));
	cursor_init(&c, w);
	rc = hire_first(&c, &r.worker[0], e) != 0 ||
	    first_end(&r.worker[0], e) != 0 || go_over(&c, &r, e) != 0 ?
	    -1 : 0;
	for (i = 0; i < r.n; i++)
		fire(&r.worker[i]);
	result->rows = c.rows;
	result->others = c.others;
	result->chunks = c.chunks;
	result->conflicts = c.conflicts;
	result->seconds = now_s() - began;
	cursor_free(&c);
	str_free(&r.strain.why);
	str_free(&r.why);
	free(r.worker);
	return rc;
}
