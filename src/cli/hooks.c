#include "cli/hooks.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/alive.h"
#include "base/child.h"
#include "base/log.h"
#include "base/stop.h"
#include "base/timer.h"
#include "base/util.h"
#include "cli/hook_input.h"

#define MOST	64		/* that are due */
#define LINES	50		/* of the output of one, in the log */

/* One that the thread is to run, and what is known at that moment. */
struct hook_due {
	struct hook_due *next;
	enum hook_event event;
	struct board_view view;
};

/* One that the run waits for. */
struct asking {
	struct hooks *h;
	const struct event_moment *moment;
	struct err *e;
	double beat_at;			/* now_s() */
	bool stopped, failed;
};

static bool
has(const struct hooks *h, enum hook_event event)
{
	size_t i;

	for (i = 0; i < h->files.n; i++)
		if (h->files.file[i].event == event)
			return true;
	return false;
}

/* --- running one -----------------------------------------------------------*/

/* What it has said; *last is the last line of it that says something. */
static void
tell_output(const struct hook_file *f, const struct child_end *end,
    struct str *last)
{
	struct str all = STR_INIT;
	unsigned int n = 0;
	char *line, *rest;

	/* A NUL would hide what is behind it. */
	str_add(&all, end->output.s, end->output.len);
	for (line = all.s; line < all.s + all.len; line++)
		if (*line == '\0')
			*line = ' ';
	for (line = all.s; *line != '\0'; line = rest) {
		rest = line + strcspn(line, "\n");
		if (*rest != '\0')
			*rest++ = '\0';
		if (*line == '\0')
			continue;
		str_reset(last);
		str_addf(last, "%.500s", line);
		if (n++ < LINES)
			log_info("%s: %s", f->name, line);
	}
	if (n > LINES || end->left_out > 0)
		log_info("%s: there is more, which is left out", f->name);
	str_free(&all);
}

/* Why it counts as failed; nothing when it does not. */
static void
describe(struct str *why, const struct hooks *h, const struct child_end *end)
{
	switch (end->how) {
	case CHILD_EXITED:
		if (end->number != 0)
			str_addf(why, "it ended with exit status %d",
			    end->number);
		break;
	case CHILD_KILLED:
		str_addf(why, "it was ended by signal %d", end->number);
		break;
	case CHILD_LATE:
		str_addf(why, "it took longer than %g seconds, see "
		    "--hooks-timeout", h->limit);
		break;
	case CHILD_GIVEN_UP:
		str_addz(why, "it was ended, as the run ends");
		break;
	case CHILD_NOT_RUN:
		str_addf(why, "it cannot be run: %s", strerror(end->number));
		break;
	}
}

static void
count(struct hooks *h, bool more)
{
	pthread_mutex_lock(&h->lock);
	h->running += more ? 1U : -1U;
	pthread_cond_broadcast(&h->changed);
	pthread_mutex_unlock(&h->lock);
}

/* Nothing in *why: it has done what it should. */
static void
run(struct hooks *h, const struct hook_file *f, const struct board_view *v,
    struct child *c, struct str *why)
{
	struct child_end end = CHILD_END_INIT;
	struct str input = STR_INIT, last = STR_INIT;
	char **env = hook_input_env(f, v, h->host);

	hook_input_json(&input, f->event, v, h->host);
	c->path = f->path;
	c->env = env;
	c->input = input.s;
	c->limit = h->limit;
	count(h, true);
	child_run(c, &end);
	count(h, false);
	tell_output(f, &end, &last);
	describe(why, h, &end);
	if (why->len > 0 && last.len > 0)
		str_addf(why, ": %s", last.s);
	hook_input_free(env);
	str_free(&input);
	str_free(&last);
	str_free(&end.output);
}

/* --- those that inform -----------------------------------------------------*/

static bool
is_at_once(void *arg)
{
	struct hooks *h = arg;
	bool yes;

	pthread_mutex_lock(&h->lock);
	yes = h->at_once;
	pthread_mutex_unlock(&h->lock);
	return yes;
}

static void
inform(struct hooks *h, enum hook_event event, const struct board_view *v)
{
	struct child c = { .give_up = is_at_once, .arg = h };
	struct str why = STR_INIT;
	size_t i;

	for (i = 0; i < h->files.n && !is_at_once(h); i++) {
		if (h->files.file[i].event != event)
			continue;
		str_reset(&why);
		run(h, &h->files.file[i], v, &c, &why);
		if (why.len > 0)
			log_warn("the hook %s has failed: %s",
			    h->files.file[i].path, why.s);
	}
	str_free(&why);
}

/* It becomes the list's. */
static void
put_due(struct hooks *h, struct hook_due *d)
{
	bool fits;

	pthread_mutex_lock(&h->lock);
	fits = h->n < MOST || d->event == HOOK_SUCCESS ||
	    d->event == HOOK_FAILURE;
	if (fits) {
		*h->end = d;
		h->end = &d->next;
		h->n++;
		pthread_cond_broadcast(&h->changed);
	}
	pthread_mutex_unlock(&h->lock);
	if (!fits) {
		board_free_view(&d->view);
		free(d);
	}
}

static void
add_due(struct hooks *h, enum hook_event event)
{
	struct hook_due *d;

	if (!h->started || !has(h, event))
		return;
	d = xcalloc(1, sizeof(*d));
	d->event = event;
	board_read(h->board, &d->view);
	put_due(h, d);
}

/* The next one; NULL: there is none, at the latest at that moment. */
static struct hook_due *
next_due(struct hooks *h, double until)
{
	struct hook_due *d = NULL;
	struct timespec t;
	double left = until - now_s();
	int rc = 0;

	t = timer_until(until > 0 ? (left > 0 ? left : 0) : 3600);
	pthread_mutex_lock(&h->lock);
	while (h->first == NULL && !h->over && rc != ETIMEDOUT)
		rc = pthread_cond_timedwait(&h->changed, &h->lock, &t);
	d = h->first;
	if (d != NULL) {
		h->first = d->next;
		h->n--;
		if (h->first == NULL)
			h->end = &h->first;
	}
	pthread_mutex_unlock(&h->lock);
	return d;
}

static bool
is_over(struct hooks *h)
{
	bool yes;

	pthread_mutex_lock(&h->lock);
	yes = h->over && (h->first == NULL || h->at_once);
	pthread_mutex_unlock(&h->lock);
	return yes;
}

static void
tell_status(struct hooks *h)
{
	struct board_view v;

	board_read(h->board, &v);
	if (!v.ended)
		inform(h, HOOK_STATUS, &v);
	board_free_view(&v);
}

static void *
run_due(void *arg)
{
	struct hooks *h = arg;
	const bool tells = h->every > 0 && has(h, HOOK_STATUS);
	double status_at = tells ? now_s() + h->every : 0;
	struct hook_due *d;

	while (!is_over(h)) {
		d = next_due(h, status_at);
		if (d != NULL) {
			inform(h, d->event, &d->view);
			board_free_view(&d->view);
			free(d);
		}
		if (tells && now_s() >= status_at && !is_over(h)) {
			tell_status(h);
			status_at = now_s() + h->every;
		}
	}
	pthread_mutex_lock(&h->lock);
	h->ended = true;
	pthread_cond_broadcast(&h->changed);
	pthread_mutex_unlock(&h->lock);
	return NULL;
}

static void
take(struct event_sink *sink, const struct event *ev)
{
	struct hooks *h = (struct hooks *)(void *)sink;

	if (ev->kind == EVENT_STEP_END && ev->step->done &&
	    strcmp(ev->step->key, "copy") == 0)
		add_due(h, HOOK_ROW_COPY_COMPLETE);
	else if (ev->kind == EVENT_WAIT &&
	    ev->wait->kind == EVENT_WAIT_SWAP &&
	    ev->wait->phase == EVENT_WAIT_BEGINS)
		add_due(h, HOOK_BEGIN_POSTPONED);
}

/* --- those that may say no -------------------------------------------------*/

static bool
is_to_end(void *arg)
{
	struct asking *a = arg;
	const struct event_moment *m = a->moment;

	if (is_at_once(a->h) || stop_requested()) {
		a->stopped = true;
		return true;
	}
	alive_sign();
	if (m->beat == NULL || now_s() < a->beat_at)
		return false;
	a->failed = m->beat(m->arg, a->e) != 0;
	a->beat_at = now_s() + 1;
	return a->failed;
}

static int
ask_one(struct hooks *h, const struct hook_file *f,
    const struct event_moment *m, struct err *e)
{
	struct asking a = { h, m, e, now_s() + 1, false, false };
	struct child c = { .give_up = is_to_end, .arg = &a };
	struct str why = STR_INIT;
	struct board_view v;
	int rc = 0;

	board_read(h->board, &v);
	run(h, f, &v, &c, &why);
	board_free_view(&v);
	if (a.failed)
		rc = -1;
	else if (a.stopped)
		rc = err_set(e, ERR_STOPPED, "stopped in the hook %s", f->path);
	else if (why.len > 0)
		rc = err_set(e, ERR_REFUSED, "the hook %s says no: %s",
		    f->path, why.s);
	str_free(&why);
	return rc;
}

static int
ask(struct event_sink *sink, const struct event_moment *m, struct err *e)
{
	struct hooks *h = (struct hooks *)(void *)sink;
	enum hook_event event = hook_files_find(m->name);
	size_t i;

	for (i = 0; i < h->files.n; i++)
		if (h->files.file[i].event == event &&
		    ask_one(h, &h->files.file[i], m, e) != 0)
			return -1;
	return 0;
}

/* --- beginning and end -----------------------------------------------------*/

int
hooks_begin(struct hooks *h, const struct config *cfg, struct board *board,
    struct err *e)
{
	const struct login *l = &cfg->login;

	*h = (struct hooks){ .board = board, .limit = cfg->hooks_timeout,
	    .every = cfg->hooks_status_interval };
	h->host = l->host != NULL ? l->host : "localhost";
	h->end = &h->first;
	h->sink = (struct event_sink){ .take = take, .ask = ask };
	pthread_mutex_init(&h->lock, NULL);
	timer_cond(&h->changed);
	if (cfg->hooks_dir == NULL)
		return 0;
	if (hook_files_read(&h->files, cfg->hooks_dir, e) != 0)
		return -1;
	event_add_sink(&h->sink);
	if (h->files.n == 0) {
		log_warn("--hooks-dir: there are no hooks in %s",
		    cfg->hooks_dir);
		return 0;
	}
	h->started = pthread_create(&h->thread, NULL, run_due, h) == 0;
	if (!h->started)
		log_warn("hooks that only inform are not run: no thread can "
		    "be started for them");
	return 0;
}

/* Tell the thread to end, and wait a moment.  Has it? */
static bool
call_off(struct hooks *h, bool at_once, double seconds)
{
	struct timespec until = timer_until(seconds);
	bool ended;
	int rc = 0;

	pthread_mutex_lock(&h->lock);
	h->over = true;
	h->at_once = h->at_once || at_once;
	pthread_cond_broadcast(&h->changed);
	while (!(h->ended && h->running == 0) && rc != ETIMEDOUT)
		rc = pthread_cond_timedwait(&h->changed, &h->lock, &until);
	ended = h->ended && h->running == 0;
	pthread_mutex_unlock(&h->lock);
	return ended;
}

void
hooks_finish(struct hooks *h, enum err_kind status)
{
	if (!h->started)
		return;
	add_due(h, status == ERR_NONE ? HOOK_SUCCESS : HOOK_FAILURE);
	/* What has asked the run to end does not end them; what has come too
	 * late for it does. */
	if (status == ERR_STOPPED)
		stop_acknowledge();
	while (!call_off(h, stop_requested(), 0.1))
		alive_sign();
}

void
hooks_end(struct hooks *h)
{
	struct hook_due *d;

	event_remove_sink(&h->sink);
	if (h->started)
		pthread_join(h->thread, NULL);
	while ((d = h->first) != NULL) {
		h->first = d->next;
		board_free_view(&d->view);
		free(d);
	}
	hook_files_free(&h->files);
	pthread_cond_destroy(&h->changed);
	pthread_mutex_destroy(&h->lock);
}

#define PATIENCE	3.0	/* seconds, for those that are ended */

void
hooks_cut(struct hooks *h)
{
	if (h->files.n > 0)
		call_off(h, true, PATIENCE);
}
