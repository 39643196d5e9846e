#include "base/report_sink.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/escape.h"
#include "base/html.h"
#include "base/log.h"
#include "base/output.h"
#include "base/report_file.h"
#include "base/report_page.h"
#include "base/stop.h"
#include "base/timer.h"
#include "base/util.h"

#define EVERY	30	/* seconds between two pages, at least */
#define PATIENCE 30.0	/* seconds for the last one, */
#define HURRY	2.0	/* and after a signal */
#define NAP	0.1
/* Bytes that there may be of a page: */
#define CUT	400U	/* of a message */
#define LONGEST	32768U	/* of the plan; twice as many of statements */
#define SHORT	2000U	/* of a statement */

static double
at(const struct report_sink *s)
{
	return now_s() - s->began;
}

/* --- messages -------------------------------------------------------------*/

static void
add_entry(struct report_sink *s, enum event_kind kind, const char *text)
{
	struct report *r = &s->report;
	struct report_entry *n;

	if (r->n_first < REPORT_ENTRIES)
		n = &r->first[r->n_first++];
	else
		n = &r->last[r->n_last++ % REPORT_ENTRIES];
	free(n->text);
	*n = (struct report_entry){ at(s), kind, r->n_steps > 0 ?
	    r->step[r->n_steps - 1].key : "", html_cut(text, CUT) };
}

static void
take_text(struct report_sink *s, const struct event *ev)
{
	struct str text = STR_INIT;

	s->report.n_warnings += ev->kind == EVENT_WARNING;
	str_addf(&text, "%s%s%s", ev->job != NULL ? ev->job : "",
	    ev->job != NULL ? ": " : "", ev->text);
	add_entry(s, ev->kind, text.s);
	str_free(&text);
}

static void
take_error(struct report_sink *s, const struct event *ev)
{
	struct report *r = &s->report;

	str_reset(&r->error);
	str_reset(&r->hint);
	str_addz(&r->error, ev->err->text);
	str_addz(&r->hint, ev->err->hint);
	add_entry(s, EVENT_ERROR, ev->err->text);
}

static void
take_workers(struct report_sink *s, const struct event *ev)
{
	const struct event_workers *w = ev->workers;
	struct str text = STR_INIT;

	str_addf(&text, "%u of %u%s%s", w->n, w->most, w->why[0] != '\0' ?
	    ": " : "", w->why);
	add_entry(s, ev->kind, text.s);
	str_free(&text);
}

static void
take_retry(struct report_sink *s, const struct event *ev)
{
	const struct event_retry *r = ev->retry;
	struct str text = STR_INIT;

	s->report.n_retries++;
	str_addf(&text, "%s is in use; trying again in %.1f s (%u of %u)",
	    r->table, r->pause_s, r->tries, r->of);
	add_entry(s, ev->kind, text.s);
	str_free(&text);
}

static void
take_blocker(struct report_sink *s, const struct event *ev)
{
	const struct event_blocker *b = ev->blocker;
	struct str text = STR_INIT;

	s->report.n_blockers++;
	str_addf(&text, "%s by connection %s (%s@%s), for %s s: %.200s%s%s",
	    b->known ? "in use" : "perhaps in use", b->id, b->user, b->host,
	    b->age_s, b->statement, b->holds != NULL ? "; it holds " : "",
	    b->holds != NULL ? b->holds : "");
	add_entry(s, ev->kind, text.s);
	str_free(&text);
}

/* --- statements -----------------------------------------------------------*/

static void
take_sql(struct report_sink *s, const struct event *ev)
{
	struct report *r = &s->report;
	const size_t bytes = html_bytes(ev->text) + 2;

	/* The swap is short, and comes after all that is long. */
	if (s->sql_bytes + bytes > (bytes < SHORT ? 3 : 2) * LONGEST) {
		r->statements_left_out++;
	} else {
		str_addf(&r->statements, "%s;\n", ev->text);
		s->sql_bytes += bytes;
	}
}

static void
take_plan(struct report_sink *s, const struct event *ev)
{
	char *text = html_cut(ev->text, LONGEST);

	if (s->report.plan.len < LONGEST)
		str_addz(&s->report.plan, text);
	free(text);
}

/* --- time -----------------------------------------------------------------*/

/* The place for a wait: where there is none, that of the shortest. */
static struct report_band *
place(struct report *r, double seconds)
{
	struct report_band *b = &r->band[0];
	size_t i;

	if (r->n_bands < REPORT_BANDS)
		return &r->band[r->n_bands++];
	r->bands_left_out++;
	for (i = 1; i < REPORT_BANDS; i++)
		if (r->band[i].to - r->band[i].from < b->to - b->from)
			b = &r->band[i];
	if (b->to - b->from >= seconds)
		return NULL;
	free(b->what);
	memmove(b, b + 1, (size_t)(&r->band[REPORT_BANDS] - (b + 1)) *
	    sizeof(*b));
	return &r->band[REPORT_BANDS - 1];
}

static void
close_band(struct report_sink *s, size_t kind)
{
	struct report_band *open = &s->report.open[kind], *b;

	if (open->what == NULL)
		return;
	open->to = at(s);
	s->report.waited[kind] += open->to - open->from;
	b = place(&s->report, open->to - open->from);
	if (b != NULL)
		*b = *open;
	else
		free(open->what);
	open->what = NULL;
}

static void
take_wait(struct report_sink *s, const struct event *ev)
{
	const struct event_wait *w = ev->wait;
	struct report_band *open = &s->report.open[w->kind];

	if (w->phase == EVENT_WAIT_ENDS || w->phase == EVENT_WAIT_CHANGES)
		close_band(s, w->kind);
	if (w->phase != EVENT_WAIT_ENDS && open->what == NULL)
		*open = (struct report_band){ w->kind, at(s), 0,
		    html_cut(w->what, CUT) };
}

static void
take_step(struct report_sink *s, const struct event *ev)
{
	struct report *r = &s->report;
	size_t i;

	for (i = 0; i < EVENT_WAITS; i++)
		close_band(s, i);
	free(s->before.verb);
	s->before.verb = NULL;
	if (r->n_steps < REPORT_STEPS)
		r->step[r->n_steps++] = (struct report_step){ .from = at(s),
		    .key = ev->step->key, .title = xstrdup(ev->step->title) };
}

static void
take_step_end(struct report_sink *s, const struct event *ev)
{
	struct report *r = &s->report;
	struct report_step *step;

	if (r->n_steps == 0)
		return;
	step = &r->step[r->n_steps - 1];
	step->ended = true;
	step->to = at(s);
	step->done = ev->step->done;
}

static void
take_progress(struct report_sink *s, const struct event *ev)
{
	const struct progress *p = ev->progress;
	struct timeline *t = &s->report.timeline;
	double now = at(s);

	if (s->before.verb == NULL || strcmp(s->before.verb, p->verb) != 0 ||
	    p->done < s->before.done) {
		free(s->before.verb);
		s->before.verb = xstrdup(p->verb);
		s->before.at = now - p->elapsed > 0 ? now - p->elapsed : 0;
		s->before.done = p->before;
	}
	if (p->done >= s->before.done && now > s->before.at)
		timeline_amount(t, REPORT_ROWS, p->verb, s->before.at,
		    now, (double)(p->done - s->before.done));
	if (p->chunk > 0)
		timeline_value(t, "Chunk size (rows)", p->verb, now,
		    (double)p->chunk, -1);
	s->before.at = now;
	s->before.done = p->done;
}

static void
take_measure(struct report_sink *s, const struct event *ev)
{
	const struct event_measure *m = ev->measure;

	timeline_value(&s->report.timeline, m->of, m->name, at(s), m->value,
	    m->limit);
}

static void
take_fact(struct report_sink *s, const struct event *ev)
{
	struct report *r = &s->report;
	size_t i;

	for (i = 0; i < r->n_facts; i++)
		if (strcmp(r->fact[i].name, ev->fact->name) == 0)
			return;
	if (i < REPORT_FACTS)
		r->fact[r->n_facts++] = (struct report_fact){
		    xstrdup(ev->fact->name), html_cut(ev->fact->value, CUT) };
}

static void
take_result(struct report_sink *s, const struct event *ev)
{
	struct event_result *r = &s->report.result;

	*r = *ev->result;
	r->database = r->table = r->name = NULL;
	r->done = strcmp(ev->result->done, "reverted") == 0 ? "Reverted" :
	    "Altered";
	s->report.has_result = true;
}

/* --- the page -------------------------------------------------------------*/

static int
write_page(struct report_sink *s, struct err *e)
{
	struct str page = STR_INIT;
	int rc;

	pthread_mutex_lock(&s->lock);
	s->report.now = at(s);
	s->report.now_at = time(NULL);
	timeline_reach(&s->report.timeline, s->report.now);
	report_page_add(&page, &s->report);
	pthread_mutex_unlock(&s->lock);
	rc = report_file_put("--report", s->path, &page, e);
	str_free(&page);
	return rc;
}

/* The last page.  Under the lock, which it lets go. */
static void
write_last(struct report_sink *s)
{
	struct err e = { .kind = ERR_NONE };

	pthread_mutex_unlock(&s->lock);
	write_page(s, &e);
	pthread_mutex_lock(&s->lock);
	s->why = e;
	s->written = true;
	pthread_cond_broadcast(&s->changed);
}

static void *
write_now_and_then(void *arg)
{
	struct report_sink *s = arg;
	struct err e = { .kind = ERR_NONE };
	struct timespec until;

	pthread_mutex_lock(&s->lock);
	until = timer_until(EVERY);
	while (!s->over && !s->report.ended) {
		if (pthread_cond_timedwait(&s->changed, &s->lock,
		    &until) != ETIMEDOUT)
			continue;
		pthread_mutex_unlock(&s->lock);
		if (write_page(s, &e) != 0)
			log_warn("%s", e.text);
		pthread_mutex_lock(&s->lock);
		until = timer_until(EVERY);
	}
	if (s->report.ended)
		write_last(s);
	pthread_mutex_unlock(&s->lock);
	return NULL;
}

/*
 * Have the last page written; a disk that hangs does not keep the program from
 * ending.  Under the lock.  Returns why there is none, or NULL.
 */
static const char *
finish(struct report_sink *s, enum err_kind status, bool hurry)
{
	double until = now_s() + (hurry ? HURRY : PATIENCE);
	double soon = now_s() + HURRY;
	struct timespec nap;

	s->report.status = status;
	s->report.ended = true;
	pthread_cond_broadcast(&s->changed);
	if (!s->threaded)
		write_last(s);
	while (!s->written && now_s() < until) {
		nap = timer_until(NAP);
		pthread_cond_timedwait(&s->changed, &s->lock, &nap);
		/* One who is in a hurry has a lock of that. */
		if (!hurry && now_s() > soon && stop_requested())
			break;
	}
	if (!s->written)
		str_addf(&s->hangs, "--report: %s: it takes too long to write "
		    "it", s->path);
	return !s->written ? s->hangs.s : s->why.kind != ERR_NONE ?
	    s->why.text : NULL;
}

/* A signal has ended the program before report_sink_finish().  No event may
 * come of it, and who is asked for the end is told. */
static void
take_exit(struct report_sink *s, const struct event *ev)
{
	struct str text = STR_INIT;
	const char *why;

	if (s->report.ended)
		return;
	why = finish(s, ev->exit_status, true);
	if (why != NULL) {
		str_addz(&text, "livealter: warning: ");
		escape_line(&text, why);
		str_addz(&text, "\n");
		output_put(STDERR_FILENO, &text, true);
	}
}

static void
take(struct event_sink *sink, const struct event *ev)
{
	static void (*const take_kind[])(struct report_sink *,
	    const struct event *) = {
		[EVENT_STEP] = take_step,
		[EVENT_STEP_END] = take_step_end,
		[EVENT_NOTE] = take_text,
		[EVENT_WARNING] = take_text,
		[EVENT_ERROR] = take_error,
		[EVENT_HINT] = take_text,
		[EVENT_PROGRESS] = take_progress,
		[EVENT_WAIT] = take_wait,
		[EVENT_WORKERS] = take_workers,
		[EVENT_RETRY] = take_retry,
		[EVENT_BLOCKER] = take_blocker,
		[EVENT_SQL] = take_sql,
		[EVENT_STATUS] = NULL,
		[EVENT_SUMMARY] = NULL,
		[EVENT_PLAN] = take_plan,
		[EVENT_ANSWER] = NULL,
		[EVENT_RESULT] = take_result,
		[EVENT_MEASURE] = take_measure,
		[EVENT_FACT] = take_fact,
		[EVENT_EXIT] = take_exit,
	};
	struct report_sink *s = (struct report_sink *)(void *)sink;

	pthread_mutex_lock(&s->lock);
	s->report.waiting = ev->waited.seconds;
	if (take_kind[ev->kind] != NULL)
		take_kind[ev->kind](s, ev);
	pthread_mutex_unlock(&s->lock);
}

/* --- beginning and end ----------------------------------------------------*/

static void
shorten(char **text)
{
	char *all = *text;

	if (all != NULL)
		*text = html_cut(all, LONGEST);
	free(all);
}

int
report_sink_start(struct report_sink *s, struct err *e)
{
	struct report *r = &s->report;

	pthread_mutex_init(&s->lock, NULL);
	timer_cond(&s->changed);
	s->began = now_s();
	r->began_at = time(NULL);
	r->statements = r->plan = r->error = r->hint = (struct str)STR_INIT;
	s->hangs = (struct str)STR_INIT;
	shorten(&r->target);
	shorten(&r->alter);
	shorten(&r->options);
	if (write_page(s, e) != 0)
		return -1;
	s->sink.take = take;
	event_add_sink(&s->sink);
	/* Without one, the end alone writes it. */
	s->threaded = pthread_create(&s->thread, NULL, write_now_and_then,
	    s) == 0;
	return 0;
}

void
report_sink_finish(struct report_sink *s, enum err_kind status)
{
	const char *why;

	pthread_mutex_lock(&s->lock);
	why = s->report.ended ? NULL : finish(s, status, false);
	pthread_mutex_unlock(&s->lock);
	if (why != NULL)
		log_warn("%s", why);
}

static void
free_report(struct report *r)
{
	size_t i;

	for (i = 0; i < REPORT_BANDS; i++)
		free(r->band[i].what);
	for (i = 0; i < EVENT_WAITS; i++)
		free(r->open[i].what);
	for (i = 0; i < REPORT_STEPS; i++)
		free(r->step[i].title);
	for (i = 0; i < REPORT_ENTRIES; i++) {
		free(r->first[i].text);
		free(r->last[i].text);
	}
	for (i = 0; i < REPORT_FACTS; i++) {
		free(r->fact[i].name);
		free(r->fact[i].value);
	}
	str_free(&r->statements);
	str_free(&r->plan);
	str_free(&r->error);
	str_free(&r->hint);
	timeline_free(&r->timeline);
	free(r->target);
	free(r->alter);
	free(r->options);
}

void
report_sink_end(struct report_sink *s)
{
	bool hangs;

	event_remove_sink(&s->sink);
	pthread_mutex_lock(&s->lock);
	s->over = true;
	hangs = s->threaded && s->report.ended && !s->written;
	pthread_cond_broadcast(&s->changed);
	pthread_mutex_unlock(&s->lock);
	/* Then the thread has it, for as long as the program is there. */
	if (hangs) {
		pthread_detach(s->thread);
		return;
	}
	if (s->threaded)
		pthread_join(s->thread, NULL);
	free_report(&s->report);
	free(s->before.verb);
	free(s->path);
	str_free(&s->hangs);
	pthread_cond_destroy(&s->changed);
	pthread_mutex_destroy(&s->lock);
	free(s);
}
