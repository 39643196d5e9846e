#include "base/text_sink.h"

#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include "base/escape.h"
#include "base/event.h"
#include "base/output.h"
#include "base/print.h"
#include "base/progress.h"
#include "base/util.h"

/* Is there somebody who looks on? */
static bool
is_live(const struct text_sink *t)
{
	return !t->quiet && isatty(STDERR_FILENO);
}

static void
put(struct text_sink *t, int fd, struct str *text, bool must)
{
	struct str wipe = STR_INIT;

	if (t->drawn) {
		str_addz(&wipe, "\r\033[K");
		t->drawn = !output_put(STDERR_FILENO, &wipe, must);
	}
	output_put(fd, text, must);
}

static void
add_head(struct str *out, const struct event *ev)
{
	str_addz(out, "livealter: ");
	if (ev->job == NULL)
		return;
	escape_line(out, ev->job);
	str_addz(out, ": ");
}

/* A line for each part of a text. */
static void
put_lines(struct text_sink *t, const struct event *ev, const char *mark,
    const char *text, bool must)
{
	struct str s = STR_INIT, line = STR_INIT;
	const char *next;
	size_t len;

	for (;;) {
		next = strstr(text, ERR_LINE);
		len = next != NULL ? (size_t)(next - text) : strlen(text);
		str_reset(&line);
		str_add(&line, text, len);
		add_head(&s, ev);
		str_addz(&s, mark);
		escape_line(&s, line.s);
		str_addz(&s, "\n");
		if (next == NULL)
			break;
		text = next + strlen(ERR_LINE);
	}
	put(t, STDERR_FILENO, &s, must);
	str_free(&line);
}

static void
note(struct text_sink *t, const struct event *ev, const char *fmt, ...)
    PRINTF(3, 4);

/* Not when all is to be quiet. */
static void
note(struct text_sink *t, const struct event *ev, const char *fmt, ...)
{
	struct str text = STR_INIT;
	va_list ap;

	if (t->quiet)
		return;
	va_start(ap, fmt);
	str_vaddf(&text, fmt, ap);
	va_end(ap);
	put_lines(t, ev, "", text.s, false);
	str_free(&text);
}

static void
put_error(struct text_sink *t, const struct event *ev)
{
	put_lines(t, ev, "error: ", ev->err->text, true);
	if (ev->err->hint[0] != '\0')
		put_lines(t, ev, "hint: ", ev->err->hint, true);
}

/* In the place of the last one.  One that waits to be written is enough. */
static void
draw(struct text_sink *t, const struct event *ev, const char *text)
{
	struct str s = STR_INIT;

	if (!output_idle())
		return;
	str_addz(&s, "\r\033[K");
	add_head(&s, ev);
	escape_line(&s, text);
	t->drawn = output_put(STDERR_FILENO, &s, false) || t->drawn;
}

static void
put_progress(struct text_sink *t, const struct event *ev)
{
	if (ev->due != EVENT_QUIET && is_live(t))
		draw(t, ev, ev->text);
	else if (ev->due == EVENT_DUE)
		note(t, ev, "%s", ev->text);
}

/* What is said of a wait, around what is waited for, and of its end. */
static const struct {
	const char *begins, *ends, *after;
	bool lasts;		/* it is said again and again */
} wait_words[EVENT_WAITS] = {
	[EVENT_WAIT_PAUSE] = { "pausing, to wait for ",
	    "going on after a pause of ", " s", false },
	[EVENT_WAIT_SWAP] = { "waiting with the swap for ", "waited ",
	    " s with the swap", true },
	[EVENT_WAIT_LOCK] = { "waiting for ", NULL, NULL, false },
};

static void
put_wait(struct text_sink *t, const struct event *ev)
{
	const struct event_wait *w = ev->wait;
	const char *begins = wait_words[w->kind].begins;
	const char *ends = wait_words[w->kind].ends;
	struct str text = STR_INIT;

	if (w->phase == EVENT_WAIT_ENDS) {
		if (ends != NULL)
			note(t, ev, "%s%.0f%s", ends, w->seconds,
			    wait_words[w->kind].after);
		return;
	}
	if (begins == NULL || (w->phase == EVENT_WAIT_LASTS &&
	    !wait_words[w->kind].lasts))
		return;
	str_addf(&text, "%s%s%s", w->phase == EVENT_WAIT_CHANGES ? "now " : "",
	    begins, w->what);
	if (w->phase == EVENT_WAIT_LASTS && is_live(t)) {
		draw(t, ev, text.s);
	} else if (w->phase != EVENT_WAIT_LASTS ||
	    now_s() - t->shown >= t->every) {
		note(t, ev, "%s", text.s);
		t->shown = now_s();
	}
	str_free(&text);
}

static void
put_workers(struct text_sink *t, const struct event *ev)
{
	const struct event_workers *w = ev->workers;
	const char *s = w->n == 1 ? "" : "s";

	if (w->change == EVENT_WORKERS_FEWER)
		note(t, ev, "%u thread%s instead of %u: %s", w->n, s, w->most,
		    w->why);
	else
		note(t, ev, "%u thread%s, as it has been calm%s", w->n, s,
		    w->n < w->most ? " for some time" : "; these are all");
}

static void
put_retry(struct text_sink *t, const struct event *ev)
{
	const struct event_retry *r = ev->retry;

	note(t, ev, "%s is in use; trying again in %.1f s (%u of %u)",
	    r->table, r->pause_s, r->tries, r->of);
}

static void
put_blocker(struct text_sink *t, const struct event *ev)
{
	const struct event_blocker *b = ev->blocker;

	note(t, ev, "%s by connection %s (%s@%s%s%s), for %s s: %.100s%s%s%s",
	    b->known ? "in use" : "perhaps in use", b->id, b->user, b->host,
	    b->note != NULL ? ", " : "", b->note != NULL ? b->note : "",
	    b->age_s, b->statement, b->holds != NULL ? " (it holds " : "",
	    b->holds != NULL ? b->holds : "", b->holds != NULL ? ")" : "");
}

static void
put_sql(struct text_sink *t, const struct event *ev)
{
	struct str s = STR_INIT;

	if (!t->sql || t->quiet)
		return;
	if (t->summary_first && !t->summed) {
		print_sql(&t->held, "%s", ev->text);
		return;
	}
	print_sql(&s, "%s", ev->text);
	put(t, STDOUT_FILENO, &s, false);
}

/* A summary has come, or something that it cannot come after. */
static void
put_held(struct text_sink *t)
{
	if (t->held.len == 0)
		return;
	put(t, STDOUT_FILENO, &t->held, false);
	str_free(&t->held);
}

static void
put_status(struct text_sink *t, const struct event *ev)
{
	const struct event_status *st = ev->status;
	struct str s = STR_INIT;

	str_addf(&s, "%s, for ", st->step);
	progress_clock(&s, st->seconds);
	str_addf(&s, "%s%s%s%s", st->doing[0] != '\0' ? ": " : "", st->doing,
	    st->waiting[0] != '\0' ? "; waiting for " : "", st->waiting);
	if (st->workers->n > 0 && st->workers->why[0] != '\0')
		str_addf(&s, "; %u of %u threads, as %s", st->workers->n,
		    st->workers->most, st->workers->why);
	waits_line(&s, "; ", &ev->waited);
	put_lines(t, ev, "status: ", s.s, false);
	str_free(&s);
}

static void
add_statistics(struct str *s, const struct event *ev)
{
	const struct event_result *r = ev->result;

	str_addf(s, "# rows copied         %llu\n", r->rows);
	str_addf(s, "# chunks              %llu\n", r->chunks);
	str_addf(s, "# chunks met by locks %llu\n", r->conflicts);
	str_addf(s, "# seconds copying     %.2f\n", r->copy_s);
	str_addf(s, "# rows compared       %llu\n", r->compared);
	str_addf(s, "# seconds comparing   %.2f\n", r->compare_s);
	str_addf(s, "# seconds waiting     %.2f\n", ev->waited.seconds);
	str_addf(s, "# seconds in all      %.2f\n", r->all_s);
}

static void
put_success(struct text_sink *t, const struct event *ev)
{
	const struct event_result *r = ev->result;
	const bool swapped = r->end == EVENT_END_SWAPPED;
	struct str s = STR_INIT;

	if (r->statistics && !r->dry_run)
		add_statistics(&s, ev);
	if (swapped && r->dry_run)
		print_line(&s, "Dry run complete.  %s is already %s; what "
		    "follows the swap is left to do.", r->name, r->done);
	else if (r->already)
		print_line(&s, "%s%s is already so: nothing is to be done.",
		    r->dry_run ? "Dry run complete.  " : "", r->name);
	else if (swapped)
		print_line(&s, "Successfully %s %s.", r->done, r->name);
	else
		print_line(&s, "%s%s was not %s.", r->dry_run ?
		    "Dry run complete.  " : "", r->name, r->done);
	put(t, STDOUT_FILENO, &s, true);
}

static void
put_waited(struct text_sink *t, const struct event *ev)
{
	struct str s = STR_INIT;

	waits_line(&s, "", &ev->waited);
	if (s.len > 0)
		note(t, ev, "%s", s.s);
	str_free(&s);
}

static void
put_result(struct text_sink *t, const struct event *ev)
{
	const struct event_result *r = ev->result;

	put_waited(t, ev);
	if (r->status == ERR_NONE || r->status == ERR_LEFT) {
		if (!t->quiet)
			put_success(t, ev);
	}
	else if (r->end == EVENT_END_UNKNOWN)
		note(t, ev, "it is not known whether %s.%s was altered",
		    r->database, r->table);
	else if (r->end != EVENT_END_SWAPPED)
		note(t, ev, "%s.%s was not altered", r->database, r->table);
}

static void
put_jobs(struct text_sink *t, const struct event *ev)
{
	struct str s = STR_INIT;
	size_t i;

	for (i = 0; i < ev->jobs->n; i++)
		str_addf(&s, "%s%s", i > 0 ? ", " : "", ev->jobs->name[i]);
	note(t, ev, "%zu jobs: %s", ev->jobs->n, s.s);
	str_free(&s);
}

static void
put_job_end(struct text_sink *t, const struct event *ev)
{
	if (!ev->job_end->begun)
		put_lines(t, ev, "", "not begun", true);
}

static void
put_exit(struct text_sink *t, const struct event *ev)
{
	if (ev->jobs != NULL)
		note(t, ev, "%zu of %zu jobs are done", ev->jobs->done,
		    ev->jobs->n);
}

static void
put_answer(struct text_sink *t, const struct event *ev)
{
	struct str s = STR_INIT;

	str_addz(&s, ev->text);
	put(t, STDOUT_FILENO, &s, true);
}

static void
put_plan(struct text_sink *t, const struct event *ev)
{
	if (t->quiet)
		return;
	if (t->summary_first && !t->summed)
		str_addf(&t->held, "%s", ev->text);
	else
		put_answer(t, ev);
}

static void
put_summary(struct text_sink *t, const struct event *ev)
{
	struct str s = STR_INIT;

	if (!t->quiet) {
		summary_print(&s, ev->summary);
		put(t, STDOUT_FILENO, &s, true);
	}
	put_held(t);
	t->summed = true;
}

static void
put_step(struct text_sink *t, const struct event *ev)
{
	note(t, ev, "%s", ev->step->title);
}

static void
put_note(struct text_sink *t, const struct event *ev)
{
	note(t, ev, "%s", ev->text);
}

static void
put_warning(struct text_sink *t, const struct event *ev)
{
	put_lines(t, ev, "warning: ", ev->text, false);
}

static void
put_hint(struct text_sink *t, const struct event *ev)
{
	put_lines(t, ev, "hint: ", ev->text, true);
}

static void
take(struct event_sink *sink, const struct event *ev)
{
	struct text_sink *t = (struct text_sink *)sink;
	static void (*const put_kind[])(struct text_sink *,
	    const struct event *) = {
		[EVENT_STEP] = put_step,
		[EVENT_STEP_END] = NULL,
		[EVENT_NOTE] = put_note,
		[EVENT_WARNING] = put_warning,
		[EVENT_ERROR] = put_error,
		[EVENT_HINT] = put_hint,
		[EVENT_PROGRESS] = put_progress,
		[EVENT_WAIT] = put_wait,
		[EVENT_WORKERS] = put_workers,
		[EVENT_RETRY] = put_retry,
		[EVENT_BLOCKER] = put_blocker,
		[EVENT_SQL] = put_sql,
		[EVENT_STATUS] = put_status,
		[EVENT_SUMMARY] = put_summary,
		[EVENT_PLAN] = put_plan,
		[EVENT_ANSWER] = put_answer,
		[EVENT_RESULT] = put_result,
		[EVENT_MEASURE] = NULL,
		[EVENT_FACT] = NULL,
		[EVENT_JOBS] = put_jobs,
		[EVENT_JOB_END] = put_job_end,
		[EVENT_EXIT] = put_exit,
	};

	if (ev->kind == EVENT_ERROR || ev->kind == EVENT_RESULT ||
	    ev->kind == EVENT_EXIT) {
		put_held(t);
		t->summed = false;
	}
	if (put_kind[ev->kind] != NULL)
		put_kind[ev->kind](t, ev);
}

void
text_sink_add(struct text_sink *t)
{
	t->sink.take = take;
	event_add_sink(&t->sink);
}
