#include "base/event.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/figures.h"
#include "base/reasons.h"
#include "base/util.h"

#define REMEMBERED	64	/* warnings */
#define SAID_AGAIN	600.0	/* seconds */

/* A warning that was said, and how often since then. */
struct warned {
	char *text;
	double at;
	unsigned long again;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct event_sink *sinks;
static struct event_jobs jobs;	/* n is 0: there is only one */
static bool muted;

/* What the job is at: all that is known of it here. */
static struct {
	char *job;
	struct event_step step;
	double began, step_began;
	double waited;		/* seconds, in waits that are over */
	/* As long as the longest command that may be in one. */
	char doing[4096];
	struct {
		char what[4096];
		double since;		/* 0: it is not waited for */
	} wait[EVENT_WAITS];
	char *reasons;		/* of the gate; NULL: none are known */
	struct event_workers workers;
	char fewer[1024];	/* workers.why */
	struct warned warned[REMEMBERED];	/* the latest, in a ring */
	size_t next_warned;
	bool hushed;
	struct figures_kept figures;
} now = { .figures = FIGURES_KEPT_INIT };

/* Those that the gate is shut for. */
static bool
is_gate(size_t kind)
{
	return kind == EVENT_WAIT_PAUSE || kind == EVENT_WAIT_SWAP;
}

/* Under the lock. */
static struct waited
waited(void)
{
	struct waited w = { now.waited, now_s() - now.began };
	size_t i;

	for (i = 0; i < EVENT_WAITS; i++)
		if (is_gate(i) && now.wait[i].since > 0)
			w.seconds += now_s() - now.wait[i].since;
	return w;
}

/* ... while it is muted. */
static bool
is_said(enum event_kind kind)
{
	return kind == EVENT_ERROR || kind == EVENT_STATUS ||
	    kind == EVENT_JOB_END || kind == EVENT_EXIT;
}

/* Under the lock. */
static void
send(struct event *ev)
{
	struct event_sink *s;

	if (muted && !is_said(ev->kind))
		return;
	ev->job = now.job;
	ev->jobs = jobs.n > 0 ? &jobs : NULL;
	ev->waited = waited();
	for (s = sinks; s != NULL; s = s->next)
		s->take(s, ev);
}

static void
send_alone(struct event *ev)
{
	pthread_mutex_lock(&lock);
	send(ev);
	pthread_mutex_unlock(&lock);
}

void
event_add_sink(struct event_sink *sink)
{
	pthread_mutex_lock(&lock);
	sink->next = sinks;
	sinks = sink;
	pthread_mutex_unlock(&lock);
}

void
event_remove_sink(struct event_sink *sink)
{
	struct event_sink **s;

	pthread_mutex_lock(&lock);
	for (s = &sinks; *s != NULL; s = &(*s)->next)
		if (*s == sink) {
			*s = sink->next;
			break;
		}
	pthread_mutex_unlock(&lock);
}

void
event_remove_sinks(void)
{
	pthread_mutex_lock(&lock);
	sinks = NULL;
	pthread_mutex_unlock(&lock);
}

/* Without the lock: what comes of it are events. */
int
event_moment(const struct event_moment *moment, struct err *e)
{
	struct event_sink *s;

	for (s = sinks; s != NULL; s = s->next)
		if (s->ask != NULL && s->ask(s, moment, e) != 0)
			return -1;
	return 0;
}

/* Under the lock. */
static void
forget_doing(void)
{
	size_t i;

	now.waited = waited().seconds;
	now.doing[0] = '\0';
	now.workers = (struct event_workers){ .n = 0 };
	free(now.reasons);
	now.reasons = NULL;
	figures_step(&now.figures);
	for (i = 0; i < EVENT_WAITS; i++) {
		now.wait[i].what[0] = '\0';
		now.wait[i].since = 0;
	}
}

void
event_begin(const char *job)
{
	size_t i;

	pthread_mutex_lock(&lock);
	free(now.job);
	free(now.reasons);
	for (i = 0; i < REMEMBERED; i++)
		free(now.warned[i].text);
	memset(&now, 0, sizeof(now));
	now.figures = (struct figures_kept)FIGURES_KEPT_INIT;
	now.job = xstrdup_null(job);
	now.began = now_s();
	pthread_mutex_unlock(&lock);
}

void
event_step(const char *key, const char *title)
{
	struct event ev = { .kind = EVENT_STEP, .step = &now.step };

	pthread_mutex_lock(&lock);
	now.step = (struct event_step){ .key = key, .title = title };
	now.step_began = now_s();
	forget_doing();
	send(&ev);
	pthread_mutex_unlock(&lock);
}

void
event_step_end(bool done)
{
	struct event ev = { .kind = EVENT_STEP_END, .step = &now.step };

	pthread_mutex_lock(&lock);
	now.step.seconds = now_s() - now.step_began;
	now.step.done = done;
	send(&ev);
	pthread_mutex_unlock(&lock);
}

/* The place of a warning in the ring, or that of the one to be forgotten. */
static struct warned *
find_warned(const char *text)
{
	struct warned *w;
	size_t i;

	for (i = 0; i < REMEMBERED && now.warned[i].text != NULL; i++)
		if (strcmp(now.warned[i].text, text) == 0)
			return &now.warned[i];
	w = &now.warned[now.next_warned];
	now.next_warned = (now.next_warned + 1) % REMEMBERED;
	free(w->text);
	*w = (struct warned){ .text = xstrdup(text) };
	return w;
}

/*
 * Has this warning been said, and not long ago?  One that is due again tells
 * how often it was not said in the meantime.  Under the lock.
 */
static bool
is_known(struct str *text)
{
	struct warned *w = find_warned(text->s);

	if (w->at > 0 && now_s() - w->at < SAID_AGAIN) {
		w->again++;
		return true;
	}
	if (w->again > 0)
		str_addf(text, " (and %lu times since it was said)", w->again);
	w->at = now_s();
	w->again = 0;
	return false;
}

void
event_text(enum event_kind kind, const char *text)
{
	struct event ev = { .kind = kind };
	struct str full = STR_INIT;

	str_addz(&full, text);
	pthread_mutex_lock(&lock);
	if (kind != EVENT_WARNING || !is_known(&full)) {
		ev.text = full.s;
		send(&ev);
	}
	pthread_mutex_unlock(&lock);
	str_free(&full);
}

void
event_error(const struct err *e)
{
	struct event ev = { .kind = EVENT_ERROR, .err = e };

	pthread_mutex_lock(&lock);
	figures_error(&now.figures, e->kind);
	send(&ev);
	pthread_mutex_unlock(&lock);
}

void
event_sql(const char *sql)
{
	struct event ev = { .kind = EVENT_SQL, .text = sql };

	pthread_mutex_lock(&lock);
	if (!now.hushed)
		send(&ev);
	pthread_mutex_unlock(&lock);
}

void
event_hush_sql(bool hush)
{
	pthread_mutex_lock(&lock);
	now.hushed = hush;
	pthread_mutex_unlock(&lock);
}

/* Under the lock. */
static const char *
waiting(void)
{
	size_t i;

	for (i = 0; i < EVENT_WAITS; i++)
		if (now.wait[i].since > 0)
			return now.wait[i].what;
	return "";
}

void
event_progress(const struct progress *p, enum event_due due)
{
	struct event ev = { .kind = EVENT_PROGRESS, .progress = p,
	    .due = due };
	struct str line = STR_INIT;

	progress_line(&line, p);
	pthread_mutex_lock(&lock);
	snprintf(now.doing, sizeof(now.doing), "%s", line.s);
	figures_progress(&now.figures, p);
	ev.waited = waited();
	waits_line(&line, ", ", &ev.waited);
	if (*waiting() != '\0')
		str_addf(&line, "; waiting for %s", waiting());
	ev.text = line.s;
	send(&ev);
	pthread_mutex_unlock(&lock);
	str_free(&line);
}

void
event_doing(const char *what)
{
	pthread_mutex_lock(&lock);
	forget_doing();
	snprintf(now.doing, sizeof(now.doing), "%s", what);
	pthread_mutex_unlock(&lock);
}

/* Under the lock. */
static enum event_wait_phase
phase_of(enum event_wait_kind kind, const char *what, const char *reasons)
{
	if (what == NULL)
		return EVENT_WAIT_ENDS;
	if (!(now.wait[kind].since > 0))
		return EVENT_WAIT_BEGINS;
	return reasons == NULL || now.reasons == NULL ||
	    reasons_same(now.reasons, reasons) ? EVENT_WAIT_LASTS :
	    EVENT_WAIT_CHANGES;
}

/* Under the lock. */
static void
keep_reasons(const char *reasons)
{
	free(now.reasons);
	now.reasons = xstrdup_null(reasons);
}

void
event_shut(enum event_wait_kind kind, const char *what, const char *reasons)
{
	struct event_wait w = { .kind = kind, .what = what };
	struct event ev = { .kind = EVENT_WAIT, .wait = &w };
	double *since = &now.wait[kind].since;

	pthread_mutex_lock(&lock);
	w.phase = phase_of(kind, what, reasons);
	if (w.phase == EVENT_WAIT_BEGINS)
		*since = now_s();
	if (is_gate(kind))
		keep_reasons(reasons);
	if (*since > 0) {
		w.seconds = now_s() - *since;
		snprintf(now.wait[kind].what, sizeof(now.wait[kind].what),
		    "%s", what != NULL ? what : "");
		send(&ev);
	}
	if (what == NULL) {
		now.waited += is_gate(kind) ? w.seconds : 0;
		*since = 0;
		if (kind == EVENT_WAIT_LOCK)
			figures_blocker(&now.figures, NULL);
	}
	pthread_mutex_unlock(&lock);
}

void
event_wait(enum event_wait_kind kind, const char *what)
{
	event_shut(kind, what, NULL);
}

void
event_workers(const struct event_workers *w)
{
	struct event ev = { .kind = EVENT_WORKERS, .workers = w };

	pthread_mutex_lock(&lock);
	snprintf(now.fewer, sizeof(now.fewer), "%s", w->why);
	now.workers = *w;
	now.workers.why = now.fewer;
	if (w->change != EVENT_WORKERS_ARE)
		send(&ev);
	pthread_mutex_unlock(&lock);
}

void
event_waits(struct waits *w)
{
	pthread_mutex_lock(&lock);
	*w = (struct waits){ waited(), now.workers.n, now.workers.most,
	    xstrdup(now.workers.n > 0 ? now.fewer : ""), xstrdup(waiting()),
	    xstrdup(now.reasons != NULL ? now.reasons : "") };
	pthread_mutex_unlock(&lock);
}

void
event_figures(struct str *packed, size_t size)
{
	pthread_mutex_lock(&lock);
	figures_pack(packed, &now.figures, size);
	pthread_mutex_unlock(&lock);
}

void
event_retry(const struct event_retry *retry)
{
	struct event ev = { .kind = EVENT_RETRY, .retry = retry };

	send_alone(&ev);
}

void
event_blocker(const struct event_blocker *blocker)
{
	struct event ev = { .kind = EVENT_BLOCKER, .blocker = blocker };
	struct str text = STR_INIT;

	str_addf(&text, "connection %s (%s@%s), for %s s: %s", blocker->id,
	    blocker->user, blocker->host, blocker->age_s, blocker->statement);
	pthread_mutex_lock(&lock);
	figures_blocker(&now.figures, text.s);
	send(&ev);
	pthread_mutex_unlock(&lock);
	str_free(&text);
}

void
event_summary(const struct summary *summary)
{
	struct event ev = { .kind = EVENT_SUMMARY, .summary = summary };

	send_alone(&ev);
}

void
event_measure(const char *of, const char *name, double value, double limit)
{
	const struct event_measure m = { of, name, value, limit };
	struct event ev = { .kind = EVENT_MEASURE, .measure = &m };

	pthread_mutex_lock(&lock);
	if (strcmp(of, EVENT_LAG) == 0)
		figures_lag(&now.figures, name, value, limit);
	else if (strcmp(of, EVENT_CHUNK_TIME) == 0)
		figures_chunk(&now.figures, value, limit);
	send(&ev);
	pthread_mutex_unlock(&lock);
}

void
event_fact(const char *name, const char *value)
{
	const struct event_fact f = { name, value };
	struct event ev = { .kind = EVENT_FACT, .fact = &f };

	send_alone(&ev);
}

void
event_plan(const struct str *text)
{
	struct event ev = { .kind = EVENT_PLAN, .text = text->s };

	send_alone(&ev);
}

void
event_answer(const struct str *text)
{
	struct event ev = { .kind = EVENT_ANSWER, .text = text->s };

	send_alone(&ev);
}

void
event_result(const struct event_result *result)
{
	struct event ev = { .kind = EVENT_RESULT, .result = result };

	send_alone(&ev);
}

void
event_jobs(const char *const *name, size_t n)
{
	struct event ev = { .kind = EVENT_JOBS };

	pthread_mutex_lock(&lock);
	jobs = (struct event_jobs){ .name = name, .n = n };
	send(&ev);
	pthread_mutex_unlock(&lock);
}

/* Under the lock. */
static void
end_job(bool begun, enum err_kind status, const struct err *err)
{
	struct event_job_end end = { jobs.name[jobs.ended], begun, status,
	    err };
	struct event ev = { .kind = EVENT_JOB_END, .job_end = &end };

	jobs.ended++;
	if (begun && status == ERR_NONE)
		jobs.done++;
	free(now.job);
	now.job = xstrdup(end.name);
	send(&ev);
	free(now.job);
	now.job = NULL;
}

void
event_job_end(bool begun, enum err_kind status, const struct err *err)
{
	pthread_mutex_lock(&lock);
	if (jobs.ended < jobs.n)
		end_job(begun, status, err);
	pthread_mutex_unlock(&lock);
}

void
event_mute(bool mute)
{
	pthread_mutex_lock(&lock);
	muted = mute;
	pthread_mutex_unlock(&lock);
}

/* A second signal may end the program in the middle of a job. */
void
event_exit(enum err_kind status)
{
	struct event ev = { .kind = EVENT_EXIT, .exit_status = status };

	pthread_mutex_lock(&lock);
	if (jobs.ended < jobs.n && now.job != NULL && !muted)
		end_job(true, status, NULL);
	while (jobs.ended < jobs.n)
		end_job(false, ERR_NONE, NULL);
	free(now.job);
	now.job = NULL;
	send(&ev);
	pthread_mutex_unlock(&lock);
}

void
event_status(void)
{
	struct event_status s = { .doing = now.doing,
	    .workers = &now.workers };
	struct event ev = { .kind = EVENT_STATUS, .status = &s };

	pthread_mutex_lock(&lock);
	s.step = now.step.title != NULL ? now.step.title : "";
	s.seconds = now_s() - now.step_began;
	s.waiting = waiting();
	send(&ev);
	pthread_mutex_unlock(&lock);
}
