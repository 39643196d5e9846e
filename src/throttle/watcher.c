#include "throttle/watcher.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/timer.h"
#include "base/util.h"
#include "server/db.h"

#define PATIENCE	1.0	/* seconds at the end */

struct watched {
	struct source source;
	struct gate_place *place;
	struct watcher *watcher;
	pthread_t thread;
	bool started;
	struct watched *next;
};

struct watcher {
	struct gate *gate;
	struct watched *first, **end;
	pthread_mutex_t lock;		/* guards what is below it */
	pthread_cond_t left;
	size_t running;			/* threads */
};

struct watcher *
watcher_new(struct gate *g)
{
	struct watcher *w = xcalloc(1, sizeof(*w));

	w->gate = g;
	w->end = &w->first;
	pthread_mutex_init(&w->lock, NULL);
	timer_cond(&w->left);
	return w;
}

void
watcher_add(struct watcher *w, const struct source *s)
{
	struct watched *one = xcalloc(1, sizeof(*one));

	one->source = *s;
	one->watcher = w;
	one->place = gate_add(w->gate, &one->source);
	*w->end = one;
	w->end = &one->next;
}

static void
look(struct watched *one)
{
	struct verdict v = VERDICT_INIT;
	struct err e = { .kind = ERR_NONE };
	int rc = one->source.look(one->source.arg, &v, &e);

	gate_note(one->place, rc, &v, &e);
	source_free_verdict(&v);
}

static void *
watch(void *arg)
{
	struct watched *one = arg;
	struct watcher *w = one->watcher;

	db_thread_init();
	while (gate_wait(one->place))
		look(one);
	db_thread_end();
	pthread_mutex_lock(&w->lock);
	w->running--;
	pthread_cond_signal(&w->left);
	pthread_mutex_unlock(&w->lock);
	return NULL;
}

/* It needs little, and is not to take what a worker needs. */
#define STACK	(1024UL * 1024)

static int
create(pthread_t *thread, void *(*run)(void *arg), void *arg)
{
	pthread_attr_t small;
	int rc;

	pthread_attr_init(&small);
	pthread_attr_setstacksize(&small, STACK);
	rc = pthread_create(thread, &small, run, arg);
	pthread_attr_destroy(&small);
	return rc;
}

/* Under the lock: the thread may end before this returns. */
static bool
start(struct watched *one)
{
	if (create(&one->thread, watch, one) != 0)
		return false;
	one->started = true;
	one->watcher->running++;
	return true;
}

void
watcher_start(struct watcher *w)
{
	struct watched *one;
	bool starts;

	for (one = w->first; one != NULL; one = one->next) {
		if (one->started)
			continue;
		pthread_mutex_lock(&w->lock);
		starts = start(one);
		pthread_mutex_unlock(&w->lock);
		if (!starts)
			log_warn("%s is not checked for now: no thread can be "
			    "started for it", one->source.name);
	}
}

/* Cut off those that are in the midst of a question, and wait; are all out? */
static bool
call_off(struct watcher *w)
{
	struct timespec until = timer_until(PATIENCE);
	struct watched *one;
	bool out;
	int rc = 0;

	gate_end(w->gate);
	for (one = w->first; one != NULL; one = one->next)
		if (one->started && one->source.cut != NULL)
			one->source.cut(one->source.arg);
	pthread_mutex_lock(&w->lock);
	while (w->running > 0 && rc != ETIMEDOUT)
		rc = pthread_cond_timedwait(&w->left, &w->lock, &until);
	out = w->running == 0;
	pthread_mutex_unlock(&w->lock);
	return out;
}

static void
free_watched(struct watched *one)
{
	if (one->started)
		pthread_join(one->thread, NULL);
	one->source.free(one->source.arg);
	free(one->source.name);
	free(one);
}

bool
watcher_end(struct watcher *w)
{
	struct watched *one, *next;

	if (w == NULL)
		return true;
	if (!call_off(w))
		return false;
	for (one = w->first; one != NULL; one = next) {
		next = one->next;
		free_watched(one);
	}
	pthread_cond_destroy(&w->left);
	pthread_mutex_destroy(&w->lock);
	free(w);
	return true;
}
