#include "steps/ask.h"

#include <pthread.h>
#include <stdbool.h>

#include "base/stop.h"

#define LOOK	0.1	/* seconds between two looks for a signal */

/* The question is asked by a thread, so that a signal is not waited out. */
struct question {
	struct db *db;
	const char *sql, *shape;
	struct rows answer;
	struct err e;
	int rc;
	pthread_mutex_t lock;		/* guards what is below it */
	bool done;
};

static void *
ask(void *arg)
{
	struct question *q = arg;

	db_thread_init();
	q->rc = db_rows(q->db, &q->answer, q->shape, &q->e, "%s", q->sql);
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

static int
wait_for_answer(struct question *q, const char *doing, struct err *e)
{
	bool told = false;
	pthread_t thread;

	pthread_mutex_init(&q->lock, NULL);
	if (pthread_create(&thread, NULL, ask, q) != 0)
		return err_set(e, ERR_NEEDS, "no thread can be started");
	while (!is_done(q) && !told) {
		told = stop_sleep(LOOK);
		if (told)
			interrupt(q);
	}
	pthread_join(thread, NULL);
	pthread_mutex_destroy(&q->lock);
	if (told)
		return err_set(e, ERR_STOPPED, "stopped while %s", doing);
	if (q->rc != 0)
		*e = q->e;
	return q->rc;
}

int
ask_rows(struct db *db, const char *sql, const char *shape, const char *doing,
    struct rows *answer, struct err *e)
{
	struct question q = { .db = db, .sql = sql, .shape = shape,
	    .answer = ROWS_INIT };
	int rc;

	rc = wait_for_answer(&q, doing, e);
	*answer = q.answer;
	return rc;
}
