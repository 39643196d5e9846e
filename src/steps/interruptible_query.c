#include "steps/interruptible_query.h"

#include <pthread.h>
#include <stdbool.h>

#include "base/log.h"
#include "base/stop.h"
#include "base/util.h"

#define LOOK	0.1	/* seconds between two looks for a signal */
#define BEAT	2.0	/* seconds between two calls of meanwhile() */

/* The question is asked by a thread, so that a signal is not waited out. */
struct question {
	struct db *db;
	const struct interruptible_query *ask;
	struct rows answer;
	struct err e;
	int rc;
	pthread_mutex_t lock;		/* guards what is below it */
	bool done;
};

static int
send(struct db *db, const struct interruptible_query *a, struct rows *answer,
    struct err *e)
{
	return a->ddl ? db_run_text(db, a->sql, e) :
	    db_rows(db, answer, a->shape, e, "%s", a->sql);
}

static void *
ask(void *arg)
{
	struct question *q = arg;

	db_thread_init();
	q->rc = send(q->db, q->ask, &q->answer, &q->e);
	db_thread_end();
	pthread_mutex_lock(&q->lock);
	q->done = true;
	pthread_mutex_unlock(&q->lock);
	return NULL;
}

static bool
is_done(struct question *q)
{
	bool done;

	pthread_mutex_lock(&q->lock);
	done = q->done;
	pthread_mutex_unlock(&q->lock);
	return done;
}

/* Closing our end would leave the server at work. */
static void
interrupt(const struct question *q)
{
	struct err ignored = { .kind = ERR_NONE };
	struct db *killer = NULL;

	if (db_beside(&killer, q->db, &ignored) == 0)
		db_quiet(killer, &ignored, "KILL QUERY %lu", db_id(q->db));
	db_close(killer);
}

/* Returns -1 with *e when the answer is not wanted any more. */
static int
wait_for_answer(struct question *q, struct err *e)
{
	const struct query_beat *beat = q->ask->beat;
	double every = q->ask->every > 0 ? q->ask->every : BEAT;
	double called = now_s();
	int rc = 0;

	while (rc == 0 && !is_done(q)) {
		if (stop_sleep(LOOK))
			rc = err_set(e, ERR_STOPPED, "stopped while %s",
			    q->ask->doing);
		else if (beat != NULL && now_s() - called > every) {
			rc = beat->meanwhile(beat->arg, e);
			called = now_s();
		}
	}
	if (rc != 0)
		interrupt(q);
	return rc;
}

/* There is no thread to be had: signals and the heartbeat have to wait. */
static int
ask_here(struct db *db, const struct interruptible_query *a,
    struct rows *answer, struct err *e)
{
	log_warn("no thread can be started; %s without one", a->doing);
	return send(db, a, answer, e);
}

int
interruptible_query_rows(struct db *db, const struct interruptible_query *a,
    struct rows *answer, struct err *e)
{
	struct question q = { .db = db, .ask = a, .answer = ROWS_INIT };
	pthread_t thread;
	int rc;

	*answer = q.answer;
	pthread_mutex_init(&q.lock, NULL);
	/* The KILL QUERY may be ours. */
	db_ask_once(db, true);
	if (pthread_create(&thread, NULL, ask, &q) != 0) {
		db_ask_once(db, false);
		pthread_mutex_destroy(&q.lock);
		return ask_here(db, a, answer, e);
	}
	rc = wait_for_answer(&q, e);
	pthread_join(thread, NULL);
	db_ask_once(db, false);
	pthread_mutex_destroy(&q.lock);
	*answer = q.answer;
	if (rc == 0 && q.rc != 0) {
		*e = q.e;
		rc = -1;
	}
	return rc;
}
