#include "base/board.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/json_sink.h"
#include "base/util.h"

static double
clock_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void
set(char **text, const char *to)
{
	free(*text);
	*text = xstrdup_null(to);
}

static void
take_progress(struct board_view *v, const struct event *ev)
{
	const struct progress *p = ev->progress;

	if (same_text(p->verb, "copied")) {
		v->copy = *p;
		v->rows = p->done;
		v->copy_s = p->elapsed;
	} else {
		v->compare = *p;
	}
	set(&v->line, ev->text);
}

static void
take_result(struct board_view *v, const struct event_result *r)
{
	const char *state = json_sink_state(r);

	memcpy(v->state, state, strlen(state) + 1);
	v->copy_s = r->copy_s > 0 ? r->copy_s : v->copy_s;
	if (r->rows > 0)
		v->rows = r->rows;
}

static void
take_step(struct board_view *v, const struct event_step *s)
{
	v->step = s->key;
	v->title = s->title;
	v->workers = v->workers_most = 0;
	set(&v->line, NULL);
}

/* Those that are not here say nothing that is kept. */
static void
take_kind(struct board_view *v, const struct event *ev)
{
	switch ((int)ev->kind) {
	case EVENT_STEP:
		take_step(v, ev->step);
		break;
	case EVENT_PROGRESS:
		take_progress(v, ev);
		break;
	case EVENT_WAIT:
		set(&v->wait[ev->wait->kind], ev->wait->what);
		break;
	case EVENT_WORKERS:
		v->workers = ev->workers->n;
		v->workers_most = ev->workers->most;
		break;
	case EVENT_WARNING:
		v->warnings++;
		break;
	case EVENT_ERROR:
		v->error = *ev->err;
		break;
	case EVENT_RESULT:
		take_result(v, ev->result);
		break;
	default:
		break;
	}
}

static void
take(struct event_sink *sink, const struct event *ev)
{
	struct board *b = (struct board *)(void *)sink;

	pthread_mutex_lock(&b->lock);
	b->view.waited = ev->waited;
	take_kind(&b->view, ev);
	pthread_mutex_unlock(&b->lock);
}

/* What it is about is known better than before. */
static int
ask(struct event_sink *sink, const struct event_moment *m, struct err *e)
{
	struct board *b = (struct board *)(void *)sink;
	const struct event_subject *s = m->subject;

	(void)e;
	if (s == NULL)
		return 0;
	pthread_mutex_lock(&b->lock);
	set(&b->view.database, s->database);
	set(&b->view.table, s->table);
	set(&b->view.new_table, s->new_table);
	set(&b->view.old_table, s->old_table);
	set(&b->view.alter, s->alter);
	b->view.revert = s->revert;
	pthread_mutex_unlock(&b->lock);
	return 0;
}

void
board_begin(struct board *b, const char *database, const char *table,
    bool dry_run)
{
	memset(b, 0, sizeof(*b));
	pthread_mutex_init(&b->lock, NULL);
	b->view.database = xstrdup_null(database);
	b->view.table = xstrdup_null(table);
	b->view.dry_run = dry_run;
	b->view.began = now_s();
	b->view.clock_began = clock_s();
	b->sink = (struct event_sink){ .take = take, .ask = ask };
	event_add_sink(&b->sink);
}

void
board_finish(struct board *b, enum err_kind status)
{
	struct board_view *v = &b->view;
	size_t i;

	pthread_mutex_lock(&b->lock);
	v->ended = true;
	v->status = status;
	v->clock_ended = clock_s();
	for (i = 0; i < EVENT_WAITS; i++)
		set(&v->wait[i], NULL);
	pthread_mutex_unlock(&b->lock);
}

void
board_end(struct board *b)
{
	event_remove_sink(&b->sink);
	board_free_view(&b->view);
	pthread_mutex_destroy(&b->lock);
}

void
board_read(struct board *b, struct board_view *v)
{
	size_t i;

	pthread_mutex_lock(&b->lock);
	*v = b->view;
	v->database = xstrdup_null(v->database);
	v->table = xstrdup_null(v->table);
	v->new_table = xstrdup_null(v->new_table);
	v->old_table = xstrdup_null(v->old_table);
	v->alter = xstrdup_null(v->alter);
	v->line = xstrdup_null(v->line);
	for (i = 0; i < EVENT_WAITS; i++)
		v->wait[i] = xstrdup_null(v->wait[i]);
	pthread_mutex_unlock(&b->lock);
}

void
board_free_view(struct board_view *v)
{
	size_t i;

	free(v->database);
	free(v->table);
	free(v->new_table);
	free(v->old_table);
	free(v->alter);
	free(v->line);
	for (i = 0; i < EVENT_WAITS; i++)
		free(v->wait[i]);
}
