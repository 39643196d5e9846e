#include "base/json_sink.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/catalogue.h"
#include "base/json.h"
#include "base/output.h"
#include "base/util.h"

/* Of the format: a program that knows it ignores members that it does not. */
#define FORMAT "1.0"

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

/* Lines of a text are lines of the string. */
static void
add_lines(struct str *s, const char *text)
{
	struct str plain = STR_INIT;
	const char *next;

	while ((next = strstr(text, ERR_LINE)) != NULL) {
		str_add(&plain, text, (size_t)(next - text));
		str_addz(&plain, "\n");
		text = next + strlen(ERR_LINE);
	}
	str_addz(&plain, text);
	json_text(s, plain.s);
	str_free(&plain);
}

static void
add_text(struct str *s, const char *name, const char *text)
{
	str_addz(s, ", ");
	if (text == NULL) {
		json_member(s, name, NULL);
		return;
	}
	json_text(s, name);
	str_addz(s, ": ");
	add_lines(s, text);
}

static void
add_count(struct str *s, const char *name, unsigned long long n)
{
	str_addf(s, ", \"%s\": %llu", name, n);
}

static void
add_seconds(struct str *s, const char *name, double seconds)
{
	str_addf(s, ", \"%s\": %.3f", name, seconds > 0 ? seconds : 0);
}

static void
add_bool(struct str *s, const char *name, bool yes)
{
	str_addf(s, ", \"%s\": %s", name, yes ? "true" : "false");
}

static void
put_step(struct json_sink *j, const struct event *ev)
{
	struct str s = STR_INIT;

	if (j->quiet)
		return;
	begin(&s, ev->kind == EVENT_STEP ? "step" : "step_end", ev->job);
	add_text(&s, "step", ev->step->key);
	add_text(&s, "title", ev->step->title);
	if (ev->kind == EVENT_STEP_END) {
		add_bool(&s, "done", ev->step->done);
		add_seconds(&s, "duration_s", ev->step->seconds);
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
	add_lines(&j->warnings, text);
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
	add_text(&s, "text", ev->text);
	end(&s, ev->kind != EVENT_NOTE && ev->kind != EVENT_WARNING);
}

/* The members of an error, with the exit status that it leads to. */
static void
add_error(struct str *s, const struct err *e, enum err_kind status)
{
	const struct catalogue_entry *c = catalogue_find(status);

	str_addf(s, "\"code\": %d", (int)status);
	add_text(s, "name", c->name);
	add_text(s, "message", e->kind != ERR_NONE ? e->text : c->meaning);
	add_text(s, "hint", e->hint[0] != '\0' ? e->hint : NULL);
	add_bool(s, "retryable", c->retryable);
	if (e->sqlno != 0)
		add_count(s, "server_error", e->sqlno);
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
	add_text(&s, "verb", p->verb);
	add_count(&s, "rows", p->done);
	add_count(&s, "rows_total_estimate", p->total);
	str_addf(&s, ", \"percent\": %.1f", 100 * progress_share(p));
	str_addf(&s, ", \"rows_per_s\": %.1f", progress_rate(p));
	if (left >= 0)
		add_seconds(&s, "remaining_s", left);
	add_count(&s, "chunk_rows", p->chunk);
	add_seconds(&s, "waited_s", ev->waited.seconds);
	add_seconds(&s, "duration_s", p->elapsed);
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
	add_text(&s, "for", wait_name[w->kind]);
	add_text(&s, "phase", phase_name[w->phase]);
	add_text(&s, "what", w->what);
	add_seconds(&s, "duration_s", w->seconds);
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
	add_count(&s, "threads", w->n);
	add_count(&s, "threads_most", w->most);
	add_text(&s, "fewer_threads", w->why);
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
	add_text(&s, "table", r->table);
	add_seconds(&s, "pause_s", r->pause_s);
	add_count(&s, "try", r->tries);
	add_count(&s, "tries", r->of);
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
	add_bool(&s, "certain", b->known);
	add_text(&s, "connection", b->id);
	add_text(&s, "user", b->user);
	add_text(&s, "host", b->host);
	add_text(&s, "note", b->note);
	add_text(&s, "age_s", b->age_s);
	add_text(&s, "statement", b->statement);
	add_text(&s, "holds", b->holds);
	end(&s, false);
}

static void
put_sql(struct json_sink *j, const struct event *ev)
{
	struct str s = STR_INIT;

	if (!j->sql || j->quiet)
		return;
	begin(&s, "sql", ev->job);
	add_text(&s, "statement", ev->text);
	end(&s, false);
}

static void
put_status(struct json_sink *j, const struct event *ev)
{
	const struct event_status *st = ev->status;
	struct str s = STR_INIT;

	(void)j;
	begin(&s, "status", ev->job);
	add_text(&s, "title", st->step);
	add_text(&s, "doing", st->doing[0] != '\0' ? st->doing : NULL);
	add_text(&s, "waiting_for", st->waiting[0] != '\0' ? st->waiting :
	    NULL);
	add_seconds(&s, "duration_s", st->seconds);
	add_seconds(&s, "waited_s", ev->waited.seconds);
	end(&s, false);
}

static void
add_list(struct str *s, const char *name, const struct summary_list *l)
{
	size_t i;

	str_addf(s, ", \"%s\": [", name);
	for (i = 0; i < l->n; i++) {
		str_addz(s, i > 0 ? ", {" : "{");
		json_member(s, "kind", l->item[i].kind);
		add_text(s, "name", l->item[i].name);
		add_text(s, "text", l->item[i].text);
		str_addz(s, "}");
	}
	str_addz(s, "]");
}

static void
put_summary(struct json_sink *j, const struct event *ev)
{
	const struct summary *m = ev->summary;
	struct str s = STR_INIT;

	if (j->quiet)
		return;
	begin(&s, "summary", ev->job);
	add_text(&s, "database", m->database);
	add_text(&s, "table", m->table);
	add_text(&s, "create_before", m->create_before);
	add_text(&s, "create_after", m->create_after);
	add_count(&s, "rows_estimate", m->rows);
	add_count(&s, "size_b", m->bytes);
	add_text(&s, "server_way", m->way);
	add_bool(&s, "server_at_once", m->at_once);
	add_list(&s, "hangs_on_it", &m->hangs);
	add_list(&s, "changes", &m->changes);
	add_list(&s, "indexes", &m->indexes);
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

	add_bool(&s, "changed", r->end == EVENT_END_SWAPPED && !r->dry_run);
	add_text(&s, "state", state_of(r));
	add_bool(&s, "already_so", r->already);
	if (r->digest != NULL)
		add_text(&s, "digest", r->digest);
	add_bool(&s, "dry_run", r->dry_run);
	add_text(&s, "database", r->database);
	add_text(&s, "table", r->table);
	add_count(&s, "rows", r->rows);
	add_count(&s, "chunks", r->chunks);
	add_count(&s, "chunks_met_by_locks", r->conflicts);
	add_count(&s, "rows_compared", r->compared);
	add_seconds(&s, "copy_s", r->copy_s);
	add_seconds(&s, "compare_s", r->compare_s);
	add_seconds(&s, "waited_s", ev->waited.seconds);
	add_seconds(&s, "duration_s", r->all_s);
	free(j->ending);
	j->ending = str_take(&s);
}

/* Seconds of each kind of wait; a wait that is not over is not in it. */
static void
add_waits(struct str *s, const struct json_sink *j)
{
	const char *comma = "";
	size_t i;

	str_addz(s, ", \"waits_s\": {");
	for (i = 0; i < EVENT_WAITS; i++) {
		if (!(j->waited[i] > 0))
			continue;
		str_addf(s, "%s\"%s\": %.3f", comma, wait_name[i],
		    j->waited[i]);
		comma = ", ";
	}
	str_addz(s, "}");
}

static void
put_exit(struct json_sink *j, const struct event *ev)
{
	struct str s = STR_INIT;

	if (j->ended)
		return;
	j->ended = true;
	begin(&s, "result", NULL);
	/* A command that is no migration, or an end before one began. */
	str_addz(&s, j->ending != NULL ? j->ending : ", \"changed\": false, "
	    "\"state\": \"untouched\"");
	add_waits(&s, j);
	str_addf(&s, ", \"warnings\": [%s]", j->warnings.s);
	add_bool(&s, "retryable", catalogue_find(ev->exit_status)->retryable);
	str_addf(&s, ", \"exit\": %d, \"error\": ", (int)ev->exit_status);
	if (ev->exit_status == ERR_NONE) {
		str_addz(&s, "null");
	} else {
		str_addz(&s, "{");
		add_error(&s, &j->error, ev->exit_status);
		str_addz(&s, "}");
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
	event_add_sink(&j->sink);
	begin(&s, "version", NULL);
	add_text(&s, "ui", FORMAT);
	add_text(&s, "livealter", version);
	end(&s, true);
}

void
json_sink_free(struct json_sink *j)
{
	free(j->ending);
	j->ending = NULL;
	str_free(&j->warnings);
}
