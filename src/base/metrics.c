#include "base/metrics.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "base/report_file.h"
#include "base/timer.h"
#include "base/util.h"

#define EVERY		5.0	/* seconds between two files */
#define PATIENCE	10.0	/* seconds, for the last one */

/* --- what is told ----------------------------------------------------------*/

/* Under the lock. */
static void
end_wait(struct metrics *m, size_t kind)
{
	if (m->since[kind] > 0)
		m->more.waited[kind] += now_s() - m->since[kind];
	m->since[kind] = 0;
}

static void
end_waits(struct metrics *m)
{
	size_t i;

	for (i = 0; i < EVENT_WAITS; i++)
		end_wait(m, i);
}

static void
take_wait(struct metrics *m, const struct event_wait *w)
{
	if (w->phase == EVENT_WAIT_ENDS)
		end_wait(m, w->kind);
	else if (!(m->since[w->kind] > 0))
		m->since[w->kind] = now_s() - w->seconds;
}

static void
take_measure(struct metrics *m, const struct event_measure *of)
{
	struct metrics_more *k = &m->more;
	size_t i;

	if (strcmp(of->of, "Replication lag (s)") != 0)
		return;
	for (i = 0; i < k->n_lags; i++)
		if (strcmp(k->lag[i].replica, of->name) == 0)
			break;
	if (i == METRICS_LAGS)
		return;
	if (i == k->n_lags)
		k->lag[k->n_lags++].replica = xstrdup(of->name);
	k->lag[i].seconds = of->value;
}

/* Those that are not here are on the board, or in no metric. */
static void
take_kind(struct metrics *m, const struct event *ev)
{
	switch ((int)ev->kind) {
	case EVENT_STEP:
		end_waits(m);
		break;
	case EVENT_WAIT:
		take_wait(m, ev->wait);
		break;
	case EVENT_MEASURE:
		take_measure(m, ev->measure);
		break;
	case EVENT_ERROR:
		m->more.errors++;
		break;
	case EVENT_RETRY:
		m->more.retries++;
		break;
	case EVENT_BLOCKER:
		m->more.blockers++;
		break;
	default:
		break;
	}
}

static void
take(struct event_sink *sink, const struct event *ev)
{
	struct metrics *m = (struct metrics *)(void *)sink;

	pthread_mutex_lock(&m->lock);
	take_kind(m, ev);
	pthread_mutex_unlock(&m->lock);
}

/* --- the file --------------------------------------------------------------*/

static double
clock_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (double)t.tv_sec + (double)(t.tv_nsec / 1000000) / 1e3;
}

/* Under the lock. */
static void
compose(struct metrics *m, struct str *out)
{
	struct metrics_more more = m->more;
	struct board_view v;
	size_t i;

	for (i = 0; i < EVENT_WAITS; i++) {
		more.waiting[i] = m->since[i] > 0;
		if (more.waiting[i])
			more.waited[i] += now_s() - m->since[i];
	}
	board_read(m->board, &v);
	metrics_text_add(out, &v, &more, clock_s());
	board_free_view(&v);
}

/* Without the lock: it may hang, and its warning is an event. */
static void
put(struct metrics *m, const struct str *text)
{
	struct err e = { .kind = ERR_NONE };

	if (report_file_put(METRICS_OPTION, m->path, text, &e) == 0 ||
	    m->warned)
		return;
	m->warned = true;
	log_warn("%s; the run goes on", e.text);
}

static void
write_last(struct metrics *m)
{
	put(m, &m->last);
	pthread_mutex_lock(&m->lock);
	m->written = true;
	pthread_cond_broadcast(&m->changed);
	pthread_mutex_unlock(&m->lock);
}

static void *
write_now_and_then(void *arg)
{
	struct metrics *m = arg;
	struct str text = STR_INIT;
	struct timespec until;

	pthread_mutex_lock(&m->lock);
	while (!m->over) {
		until = timer_until(EVERY);
		if (pthread_cond_timedwait(&m->changed, &m->lock, &until) !=
		    ETIMEDOUT || m->over)
			continue;
		str_reset(&text);
		compose(m, &text);
		pthread_mutex_unlock(&m->lock);
		put(m, &text);
		pthread_mutex_lock(&m->lock);
	}
	pthread_mutex_unlock(&m->lock);
	write_last(m);
	str_free(&text);
	return NULL;
}

/* --- beginning and end -----------------------------------------------------*/

int
metrics_begin(struct metrics *m, const char *path, struct board *board,
    const char *run, struct err *e)
{
	struct str text = STR_INIT;
	size_t len = strlen(path);
	int rc;

	*m = (struct metrics){ .path = xstrdup(path), .board = board,
	    .last = STR_INIT };
	m->more.version = VERSION;
	m->more.run = run;
	m->sink = (struct event_sink){ .take = take };
	pthread_mutex_init(&m->lock, NULL);
	timer_cond(&m->changed);
	compose(m, &text);
	rc = report_file_put(METRICS_OPTION, path, &text, e);
	str_free(&text);
	if (rc != 0)
		return -1;
	if (len < 5 || strcmp(path + len - 5, ".prom") != 0)
		log_warn("%s: %s: node_exporter reads files whose names end in "
		    ".prom only", METRICS_OPTION, path);
	event_add_sink(&m->sink);
	/* Without one, the end alone writes it. */
	m->threaded = pthread_create(&m->thread, NULL, write_now_and_then,
	    m) == 0;
	return 0;
}

void
metrics_finish(struct metrics *m)
{
	struct timespec until = timer_until(PATIENCE);
	int rc = 0;

	pthread_mutex_lock(&m->lock);
	if (!m->over) {
		end_waits(m);
		compose(m, &m->last);
		m->over = true;
		pthread_cond_broadcast(&m->changed);
	}
	while (m->threaded && !m->written && rc != ETIMEDOUT)
		rc = pthread_cond_timedwait(&m->changed, &m->lock, &until);
	pthread_mutex_unlock(&m->lock);
	if (!m->threaded)
		write_last(m);
	else if (rc == ETIMEDOUT)
		log_warn("%s: %s: it takes too long to write it, and is not "
		    "waited for", METRICS_OPTION, m->path);
}

void
metrics_end(struct metrics *m)
{
	bool hangs;
	size_t i;

	event_remove_sink(&m->sink);
	pthread_mutex_lock(&m->lock);
	hangs = m->threaded && !m->written;
	pthread_mutex_unlock(&m->lock);
	if (hangs) {
		pthread_detach(m->thread);
		return;
	}
	if (m->threaded)
		pthread_join(m->thread, NULL);
	for (i = 0; i < m->more.n_lags; i++)
		free(m->more.lag[i].replica);
	str_free(&m->last);
	free(m->path);
	pthread_cond_destroy(&m->changed);
	pthread_mutex_destroy(&m->lock);
	free(m);
}
