#include "steps/unique.h"

#include <pthread.h>

#include "base/log.h"
#include "base/stop.h"
#include "base/str.h"
#include "server/db.h"
#include "server/server.h"

#define LOOK	0.1	/* seconds between two looks for a signal */

/* The question is asked by a thread, so that a signal is not waited out. */
struct question {
	struct db *db;
	const char *sql;
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
	q->rc = db_rows(q->db, &q->answer, &q->e, "%s", q->sql);
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
interrupt(const struct question *q, const struct config *cfg)
{
	struct err ignored = { .kind = ERR_NONE };
	struct db *killer = NULL;

	if (db_open(&killer, cfg, "interrupt", &ignored) == 0)
		db_quiet(killer, &ignored, "KILL QUERY %lu", db_id(q->db));
	db_close(killer);
}

static int
wait_for_answer(struct question *q, const struct config *cfg, struct err *e)
{
	bool told = false;
	pthread_t thread;

	pthread_mutex_init(&q->lock, NULL);
	if (pthread_create(&thread, NULL, ask, q) != 0)
		return err_set(e, ERR_NEEDS, "no thread can be started");
	while (!is_done(q) && !told) {
		told = stop_sleep(LOOK);
		if (told)
			interrupt(q, cfg);
	}
	pthread_join(thread, NULL);
	pthread_mutex_destroy(&q->lock);
	if (told)
		return err_set(e, ERR_STOPPED, "stopped while looking for "
		    "duplicates");
	if (q->rc != 0)
		*e = q->e;
	return q->rc;
}

static int
refuse(const struct fresh_key *f, const struct rows *r, struct err *e)
{
	struct str list = STR_INIT;
	size_t i;

	for (i = 0; i < r->n; i++)
		str_addf(&list, "\n  '%s' in %s rows, for example %s and %s",
		    r->cell[i][1], r->cell[i][0], r->cell[i][2],
		    r->cell[i][3]);
	err_set(e, ERR_REFUSED, "unique key %s would not be unique:%s",
	    f->key->name.sql, list.s);
	err_hint(e, "make the values unique first; rows with the same value "
	    "have no place in the new table");
	str_free(&list);
	return -1;
}

static int
check_key(const struct plan *p, struct db *db, const struct config *cfg,
    const struct fresh_key *f, struct err *e)
{
	struct question q = { .db = db, .sql = f->sql, .answer = ROWS_INIT };
	int rc;

	if (f->sql == NULL) {
		log_info("whether %s of the new table is unique, only the copy "
		    "can tell", f->key->name.sql);
		return 0;
	}
	log_info("looking for duplicates in %s, for %s of the new table",
	    p->names.old.sql, f->key->name.sql);
	rc = wait_for_answer(&q, cfg, e);
	if (rc == 0 && q.answer.n > 0)
		rc = refuse(f, &q.answer, e);
	rows_free(&q.answer);
	return rc;
}

int
unique_check(const struct plan *p, const struct config *cfg, struct err *e)
{
	struct db *db = NULL;
	size_t i;
	int rc;

	if (p->n_fresh == 0)
		return 0;
	rc = db_open(&db, cfg, "unique", e) != 0 ||
	    server_session(p->server, db, SESSION_VERIFY, p->session, cfg,
	    e) != 0 ? -1 : 0;
	for (i = 0; i < p->n_fresh && rc == 0; i++)
		rc = check_key(p, db, cfg, &p->fresh[i], e);
	db_close(db);
	return rc;
}
