#include "server/watchdog.h"

#include <pthread.h>
#include <stdbool.h>

#include "base/timer.h"
#include "server/peer.h"

#define LOOK	0.3	/* seconds between two looks */
#define LOOKS	2	/* in a row for which it must have been asleep */

struct watchdog {
	const struct db *db;
	unsigned long id;
	pthread_mutex_t lock;		/* guards what is below it */
	pthread_cond_t answered;
	bool over;
};

/* Sleep until the next look; false when the answer is there. */
static bool
watches(struct watchdog *v)
{
	struct timespec until = timer_until(LOOK);
	bool over;

	pthread_mutex_lock(&v->lock);
	while (!v->over && pthread_cond_timedwait(&v->answered, &v->lock,
	    &until) == 0)
		;
	over = v->over;
	pthread_mutex_unlock(&v->lock);
	return !over;
}

static bool
is_asleep(const struct watchdog *v, struct db *db)
{
	struct err ignored = { .kind = ERR_NONE };
	enum peer_state state;

	return peer_look(db, v->id, &state, &ignored) == 0 &&
	    state == PEER_IDLE;
}

static void *
keep_vigil(void *arg)
{
	struct watchdog *v = arg;
	struct err ignored = { .kind = ERR_NONE };
	struct db *db = NULL;
	int looks = 0;

	db_thread_init();
	while (watches(v)) {
		if (db == NULL && db_beside(&db, v->db, &ignored) != 0) {
			db_close(db);
			db = NULL;
			continue;
		}
		looks = is_asleep(v, db) ? looks + 1 : 0;
		if (looks >= LOOKS)
			db_quiet(db, &ignored, "KILL %lu", v->id);
	}
	db_close(db);
	db_thread_end();
	return NULL;
}

int
watchdog_receive(struct db *db, size_t *done, struct err *e)
{
	struct watchdog v = { .db = db, .id = db_id(db) };
	pthread_t thread;
	bool watched;
	int rc;

	pthread_mutex_init(&v.lock, NULL);
	timer_cond(&v.answered);
	watched = pthread_create(&thread, NULL, keep_vigil, &v) == 0;
	rc = db_receive(db, done, e);
	pthread_mutex_lock(&v.lock);
	v.over = true;
	pthread_cond_signal(&v.answered);
	pthread_mutex_unlock(&v.lock);
	if (watched)
		pthread_join(thread, NULL);
	pthread_cond_destroy(&v.answered);
	pthread_mutex_destroy(&v.lock);
	return rc;
}
