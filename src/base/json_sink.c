#include "base/json_sink.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/catalogue.h"
#include "base/json.h"
#include "base/json_summary.h"
#include "base/output.h"
#include "base/util.h"

/* Of the format: a program that knows it ignores members that it does not. */
#define FORMAT "1.1"

#define MOST_WARNINGS	100	/* of those that are in the result as well */

/* As RFC 3339 has it, in UTC. */
static void
add_time(struct str *s)
{
	char text[sizeof("2026-01-01T00:00:00")];
	struct timespec now;
	struct tm tm;

	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &tm);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
	str_addf(s, ", \"time\": \"%s.%03ldZ\"", text,
	    now.tv_nsec / 1000000);
}

static void
begin(struct str *s, const char *type, const char *job)
{
	str_addz(s, "{");
	json_member(s, "type", type);
	add_time(s);
	if (job != NULL) {
		str_addz(s, ", ");
		json_member(s, "job", job);
	}
}

void
json_sink_begin(struct str *s, const char *type)
{
	begin(s, type, NULL);
}

static void
end(struct str *s, bool must)
{
	str_addz(s, "}\n");
	output_put(STDOUT_FILENO, s, must);
}

static void
put_step(struct json_sink *j, const struct event *ev)
{
	struct str s = STR_INIT;

	if (j->quiet)
		return;
	begin(&s, ev->kind == EVENT_STEP ? "step" : "step_end", ev->job);
	json_field(&s, "step", ev->step->key);
	json_field(&s, "title", ev->step->title);
	if (ev->kind == EVENT_STEP_END) {
		json_bool(&s, "done", ev->step->done);
		json_seconds(&s, "duration_s", ev->step->seconds);
	}
	end(&s, false);
}

static const char *const text_type[] = {
	[EVENT_NOTE] = "note",
	[EVENT_WARNING] = "warning",
	[EVENT_HINT] = "hint",
	[EVENT_PLAN] = "plan",
	[EVENT_ANSWER] = "answer",
};

static void
keep_warning(struct json_sink *j, const char *text)
{
	if (++j->n_warnings > MOST_WARNINGS)
		return;
	if (j->n_warnings > 1)
		str_addz(&j->warnings, ", ");
	json_lines(&j->warnings, text);
}

static void
put_text(struct json_sink *j, const struct event *ev)
{
	struct str s = STR_INIT;

	if (j->quiet && (ev->kind == EVENT_NOTE || ev->kind == EVENT_PLAN))
		return;
	if (ev->kind == EVENT_WARNING)
		keep_warning(j, ev->text);
	begin(&s, text_type[ev->kind], ev->job);
	json_field(&s, "text", ev->text);
	end(&s, ev->kind != EVENT_NOTE && ev->kind != EVENT_WARNING);
}

/* The members of an error, with the exit status that it leads to. */
static void
add_error(struct str *s, const struct err *e, enum err_kind status)
{
	const struct catalogue_entry *c = catalogue_find(status);

	str_addf(s, "\"code\": %d", (int)status);
	json_field(s, "name", c->name);
	json_field(s, "message", e->kind != ERR_NONE ? e->text : c->meaning);
	json_field(s, "hint", e->hint[0] != '\0' ? e->hint : NULL);
	json_bool(s, "retryable", c->retryable);
	if (e->sqlno != 0)
		json_count(s, "server_error", e->sqlno);
}

static void
put_error(struct json_sink *j, const struct event *ev)
{
	struct str s = STR_INIT;

	j->error = *ev->err;
	begin(&s, "error", ev->job);
	str_addz(&s, ", ");
	add_error(&s, ev->err, ev->err->kind);
	end(&s, true);
}

static void
put_progress(struct json_sink *j, const struct event *ev)
{
	const struct progress *p = ev->progress;
	double left = progress_left(p);
	struct str s = STR_INIT;

	if (j->quiet || ev->due != EVENT_DUE)
		return;
	begin(&s, "progress", ev->job);
	json_field(&s, "verb", p->verb);
	json_count(&s, "rows", p->done);
	json_count(&s, "rows_total_estimate", p->total);
	str_addf(&s, ", \"percent\": %.1f", 100 * progress_share(p));
	str_addf(&s, ", \"rows_per_s\": %.1f", progress_rate(p));
	if (left >= 0)
		json_seconds(&s, "remaining_s", left);
	json_count(&s, "chunk_rows", p->chunk);
	json_seconds(&s, "waited_s", ev->waited.seconds);
	json_seconds(&s, "duration_s", p->elapsed);
	end(&s, false);
}

static const char *const wait_name[EVENT_WAITS] = {
	[EVENT_WAIT_SERVER] = "server",
	[EVENT_WAIT_PAUSE] = "pause",
	[EVENT_WAIT_SWAP] = "swap",
	[EVENT_WAIT_LOCK] = "lock",
	[EVENT_WAIT_WRITERS] = "writers",
	[EVENT_WAIT_ROW] = "row",
};

static const char *const phase_name[] = {
	[EVENT_WAIT_BEGINS] = "begin",
	[EVENT_WAIT_LASTS] = "last",
	[EVENT_WAIT_CHANGES] = "change",
	[EVENT_WAIT_ENDS] = "end",
};

static void
put_wait(struct json_sink *j, const struct event *ev)
{
	const struct event_wait *w = ev->wait;
	struct str s = STR_INIT;

	if (w->phase == EVENT_WAIT_ENDS)
		j->waited[w->kind] += w->seconds;
	if (j->quiet || (w->phase == EVENT_WAIT_LASTS &&
	    now_s() - j->shown < j->every))
		return;
	j->shown = now_s();
	begin(&s, "wait", ev->job);
	json_field(&s, "for", wait_name[w->kind]);
	json_field(&s, "phase", phase_name[w->phase]);
	json_field(&s, "what", w->what);
	json_seconds(&s, "duration_s", w->seconds);
	end(&s, false);
}

static void
put_workers(struct json_sink *j, const struct event *ev)
{
	const struct event_workers *w = ev->workers;
	struct str s = STR_INIT;

	if (j->quiet)
		return;
	begin(&s, "threads", ev->job);
	json_count(&s, "threads", w->n);
	json_count(&s, "threads_most", w->most);
	json_field(&s, "fewer_threads", w->why);
	end(&s, false);
}

static void
put_retry(struct json_sink *j, const struct event *ev)
{
	const struct event_retry *r = ev->retry;
	struct str s = STR_INIT;

	if (j->quiet)
		return;
	begin(&s, "retry", ev->job);
	json_field(&s, "table", r->table);
	json_seconds(&s, "pause_s", r->pause_s);
	json_count(&s, "try", r->tries);
	json_count(&s, "tries", r->of);
	end(&s, false);
}

static void
put_blocker(struct json_sink *j, const struct event *ev)
{
	const struct event_blocker *b = ev->blocker;
	struct str s = STR_INIT;

	if (j->quiet)
		return;
	begin(&s, "blocker", ev->job);
	json_bool(&s, "certain", b->known);
	json_field(&s, "connection", b->id);
	json_field(&s, "user", b->user);
	json_field(&s, "host", b->host);
	json_field(&s, "note", b->note);
	json_field(&s, "age_s", b->age_s);
	json_field(&s, "statement", b->statement);
	json_field(&s, "holds", b->holds);
	end(&s, false);
}

static void
put_sql(struct json_sink *j, const struct event *ev)
{
	struct str s = STR_INIT;

	if (!j->sql || j->quiet)
		return;
	begin(&s, "sql", ev->job);
	json_field(&s, "statement", ev->text);
	end(&s, false);
}

static void
put_status(struct json_sink *j, const struct event *ev)
{
	const struct event_status *st = ev->status;
	struct str s = STR_INIT;

	(void)j;
	begin(&s, "status", ev->job);
	json_field(&s, "title", st->step);
	json_field(&s, "doing", st->doing[0] != '\0' ? st->doing : NULL);
	json_field(&s, "waiting_for", st->waiting[0] != '\0' ? st->waiting :
	    NULL);
	json_seconds(&s, "duration_s", st->seconds);
	json_seconds(&s, "waited_s", ev->waited.seconds);
	end(&s, false);
}

static void
put_summary(struct json_sink *j, const struct event *ev)
{
	struct str s = STR_INIT;

	if (j->quiet)
		return;
	begin(&s, "summary", ev->job);
	json_summary(&s, ev->summary);
	end(&s, false);
}

static const char *
state_of(const struct event_result *r)
{
	switch (r->end) {
	case EVENT_END_KEPT:
		return "resumable";
	case EVENT_END_SWAPPED:
		return r->instant ? "instant" : "swapped";
	case EVENT_END_UNKNOWN:
		return "unknown";
	case EVENT_END_UNTOUCHED:
		break;
	}
	return r->begun ? "undone" : "untouched";
}

const char *
json_sink_wait(enum event_wait_kind kind)
{
	return wait_name[kind];
}

const char *
json_sink_state(const struct event_result *r)
{
	return state_of(r);
}

/* What the run knows of its end; the rest is known when the program ends. */
static void
keep_result(struct json_sink *j, const struct event *ev)
{
	const struct event_result *r = ev->result;
	struct str s = STR_INIT;

	j->changed = r->end == EVENT_END_SWAPPED && !r->dry_run;
	j->state = state_of(r);
	json_bool(&s, "already_so", r->already);
	if (r->digest != NULL)
		json_field(&s, "digest", r->digest);
	json_bool(&s, "dry_run", r->dry_run);
	json_field(&s, "database", r->database);
	json_field(&s, "table", r->table);
	json_count(&s, "rows", r->rows);
	json_count(&s, "chunks", r->chunks);
	json_count(&s, "chunks_met_by_locks", r->conflicts);
	json_count(&s, "rows_compared", r->compared);
	json_seconds(&s, "copy_s", r->copy_s);
	json_seconds(&s, "compare_s", r->compare_s);
	json_seconds(&s, "waited_s", ev->waited.seconds);
	json_seconds(&s, "duration_s", r->all_s);
	free(j->ending);
	j->ending = str_take(&s);
}

/* Seconds of each kind of wait; a wait that is not over is not in it. */
static void
add_waits(struct str *s, const double *waited)
{
	const char *comma = "";
	size_t i;

	str_addz(s, ", \"waits_s\": {");
	for (i = 0; i < EVENT_WAITS; i++) {
		if (!(waited[i] > 0))
			continue;
		str_addf(s, "%s\"%s\": %.3f", comma, wait_name[i],
		    waited[i]);
		comma = ", ";
	}
	str_addz(s, "}");
}

/* Members of each result; error: what has led to the status. */
static void
add_state(struct str *s, bool changed, const char *state)
{
	json_bool(s, "changed", changed);
	json_field(s, "state", state);
}

static void
add_exit(struct str *s, enum err_kind status, const struct err *error)
{
	str_addf(s, ", \"exit\": %d, \"error\": ", (int)status);
	if (status == ERR_NONE) {
		str_addz(s, "null");
		return;
	}
	str_addz(s, "{");
	add_error(s, error, status);
	str_addz(s, "}");
}

static void
add_rest(struct str *s, const double *waited, const char *warnings,
    bool retryable)
{
	add_waits(s, waited);
	str_addf(s, ", \"warnings\": [%s]", warnings);
	json_bool(s, "retryable", retryable);
}

static void
put_jobs(struct json_sink *j, const struct event *ev)
{
	struct str s = STR_INIT;
	size_t i;

	(void)j;
	begin(&s, "jobs", NULL);
	str_addz(&s, ", \"jobs\": [");
	for (i = 0; i < ev->jobs->n; i++) {
		str_addz(&s, i > 0 ? ", " : "");
		json_text(&s, ev->jobs->name[i]);
	}
	str_addz(&s, "]");
	end(&s, true);
}

/* What the result of all jobs has of this one. */
static void
gather(struct json_sink *j, const struct event_job_end *job,
    const struct err *error, const char *state)
{
	struct str *list = &j->all.list;
	size_t i;

	str_addz(list, list->len > 0 ? ", {" : "{");
	json_member(list, "job", job->name);
	json_bool(list, "begun", job->begun);
	add_state(list, j->changed, state);
	add_exit(list, job->status, error);
	str_addz(list, "}");
	if (j->warnings.len > 0)
		str_addf(&j->all.warnings, "%s%s",
		    j->all.warnings.len > 0 ? ", " : "", j->warnings.s);
	for (i = 0; i < EVENT_WAITS; i++)
		j->all.waited[i] += j->waited[i];
	j->all.changed = j->all.changed || j->changed;
	j->all.state = j->all.state == NULL ||
	    strcmp(j->all.state, state) == 0 ? state : "mixed";
	if (job->status != ERR_NONE &&
	    !catalogue_find(job->status)->retryable)
		j->all.hopeless = true;
	if (catalogue_worse(j->all.worst, job->status) != j->all.worst) {
		j->all.worst = job->status;
		j->all.error = *error;
	}
}

/* The next job begins with nothing known. */
static void
forget_job(struct json_sink *j)
{
	free(j->ending);
	j->ending = NULL;
	j->state = NULL;
	j->changed = false;
	j->n_warnings = 0;
	str_reset(&j->warnings);
	memset(j->waited, 0, sizeof(j->waited));
	memset(&j->error, 0, sizeof(j->error));
}

static void
put_job_end(struct json_sink *j, const struct event *ev)
{
	const struct event_job_end *job = ev->job_end;
	const struct err *error = job->err != NULL ? job->err : &j->error;
	const char *state = j->state != NULL ? j->state : "untouched";
	struct str s = STR_INIT;

	begin(&s, "job_result", job->name);
	json_bool(&s, "begun", job->begun);
	add_state(&s, j->changed, state);
	str_addz(&s, j->ending != NULL ? j->ending : "");
	add_rest(&s, j->waited, j->warnings.s,
	    catalogue_find(job->status)->retryable);
	add_exit(&s, job->status, error);
	end(&s, true);
	gather(j, job, error, state);
	forget_job(j);
}

/* Those that are done would be done again. */
static bool
is_retryable(const struct json_sink *j, enum err_kind status)
{
	return catalogue_find(status)->retryable && !j->all.changed &&
	    !j->all.hopeless;
}

/* A command that is no migration, or an end before one began, has no state. */
static void
put_exit(struct json_sink *j, const struct event *ev)
{
	const enum err_kind status = ev->exit_status;
	const char *state = j->state != NULL ? j->state : "untouched";
	const bool several = ev->jobs != NULL;
	struct str s = STR_INIT;

	if (j->ended)
		return;
	j->ended = true;
	begin(&s, "result", NULL);
	if (several) {
		add_state(&s, j->all.changed, j->all.state);
		str_addf(&s, ", \"jobs\": [%s]", j->all.list.s);
		add_rest(&s, j->all.waited, j->all.warnings.s,
		    is_retryable(j, status));
		add_exit(&s, status, j->all.worst == status ?
		    &j->all.error : &j->error);
	} else {
		add_state(&s, j->changed, state);
		str_addz(&s, j->ending != NULL ? j->ending : "");
		add_rest(&s, j->waited, j->warnings.s,
		    catalogue_find(status)->retryable);
		add_exit(&s, status, &j->error);
	}
	end(&s, true);
}

static void
take(struct event_sink *sink, const struct event *ev)
{
	static void (*const put_kind[])(struct json_sink *,
	    const struct event *) = {
		[EVENT_STEP] = put_step,
		[EVENT_STEP_END] = put_step,
		[EVENT_NOTE] = put_text,
		[EVENT_WARNING] = put_text,
		[EVENT_ERROR] = put_error,
		[EVENT_HINT] = put_text,
		[EVENT_PROGRESS] = put_progress,
		[EVENT_WAIT] = put_wait,
		[EVENT_WORKERS] = put_workers,
		[EVENT_RETRY] = put_retry,
		[EVENT_BLOCKER] = put_blocker,
		[EVENT_SQL] = put_sql,
		[EVENT_STATUS] = put_status,
		[EVENT_SUMMARY] = put_summary,
		[EVENT_PLAN] = put_text,
		[EVENT_ANSWER] = put_text,
		[EVENT_RESULT] = keep_result,
		[EVENT_MEASURE] = NULL,
		[EVENT_FACT] = NULL,
		[EVENT_JOBS] = put_jobs,
		[EVENT_JOB_END] = put_job_end,
		[EVENT_EXIT] = put_exit,
	};

	if (put_kind[ev->kind] != NULL)
		put_kind[ev->kind]((struct json_sink *)(void *)sink, ev);
}

void
json_sink_add(struct json_sink *j, const char *version)
{
	struct str s = STR_INIT;

	j->sink.take = take;
	j->warnings = (struct str)STR_INIT;
	j->all.list = j->all.warnings = (struct str)STR_INIT;
	event_add_sink(&j->sink);
	begin(&s, "version", NULL);
	json_field(&s, "ui", FORMAT);
	json_field(&s, "livealter", version);
	end(&s, true);
}

void
json_sink_free(struct json_sink *j)
{
	free(j->ending);
	j->ending = NULL;
	str_free(&j->warnings);
	str_free(&j->all.list);
	str_free(&j->all.warnings);
}
