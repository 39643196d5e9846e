#include "base/metrics_text.h"

#include <string.h>
#include <unistd.h>

#include "base/json_sink.h"
#include "base/utf8.h"

/* What is being written. */
struct text {
	struct str *out;
	struct str labels;	/* of each sample */
};

/*
 * The format has escapes for these three, and takes everything else that is
 * UTF-8; other bytes become U+FFFD.
 */
static void
add_label(struct str *out, const char *name, const char *value)
{
	uint32_t code;
	size_t n;

	str_addf(out, "%s%s=\"", out->len > 0 ? "," : "", name);
	for (; *value != '\0'; value += n) {
		n = utf8_next(value, &code);
		if (code == UTF8_INVALID)
			str_addz(out, "\xef\xbf\xbd");
		else if (*value == '\n')
			str_addz(out, "\\n");
		else if (*value == '"' || *value == '\\')
			str_addf(out, "\\%c", *value);
		else
			str_add(out, value, n);
	}
	str_addz(out, "\"");
}

static void
family(const struct text *t, const char *name, const char *type,
    const char *help)
{
	str_addf(t->out, "# HELP livealter_%s %s\n# TYPE livealter_%s %s\n",
	    name, help, name, type);
}

static void
add_sample(struct str *out, const char *name, const struct str *labels,
    double value)
{
	str_addf(out, "livealter_%s{%s} %.15g\n", name, labels->s, value);
}

/* With one label more. */
static void
sample(const struct text *t, const char *name, const char *label,
    const char *is, double value)
{
	struct str all = STR_INIT;

	str_addz(&all, t->labels.s);
	add_label(&all, label, is);
	add_sample(t->out, name, &all, value);
	str_free(&all);
}

static void
gauge(const struct text *t, const char *name, const char *help, double value)
{
	family(t, name, "gauge", help);
	add_sample(t->out, name, &t->labels, value);
}

static void
counter(const struct text *t, const char *name, const char *help,
    double value)
{
	family(t, name, "counter", help);
	add_sample(t->out, name, &t->labels, value);
}

/* --- what there is --------------------------------------------------------*/

static void
add_state(const struct text *t, const struct board_view *v)
{
	static const char *const state[] = { "running", "untouched", "undone",
	    "resumable", "swapped", "instant", "unknown" };
	const char *is = !v->ended ? state[0] :
	    v->state[0] != '\0' ? v->state : "untouched";
	size_t i;

	family(t, "state", "gauge", "What has become of the table; 1 for one "
	    "of the states.");
	for (i = 0; i < sizeof(state) / sizeof(state[0]); i++)
		sample(t, "state", "state", state[i],
		    strcmp(is, state[i]) == 0);
	if (v->step == NULL)
		return;
	family(t, "step", "gauge", "The step that began last; always 1.");
	sample(t, "step", "step", v->step, 1);
}

static void
add_times(const struct text *t, const struct board_view *v, double now)
{
	gauge(t, "running", "1 while the run is at work, 0 when it has "
	    "ended.", !v->ended);
	gauge(t, "start_timestamp_seconds", "When the run began.",
	    v->clock_began);
	gauge(t, "update_timestamp_seconds", "When this was written.", now);
	if (!v->ended)
		return;
	gauge(t, "end_timestamp_seconds", "When the run ended.",
	    v->clock_ended);
	gauge(t, "exit_status", "The exit status; 0 is a success.",
	    v->status);
}

static void
add_copy(const struct text *t, const struct board_view *v)
{
	const bool all = v->ended && (strcmp(v->state, "swapped") == 0 ||
	    strcmp(v->state, "instant") == 0);
	double left;

	counter(t, "copied_rows_total", "Rows that are copied.",
	    (double)v->rows);
	gauge(t, "compared_rows", "Rows that the comparison, or the proof, "
	    "has done.", (double)v->compare.done);
	gauge(t, "copy_duration_seconds", "How long the copy has taken.",
	    v->copy_s);
	gauge(t, "copy_progress_ratio", "The share of the copy that is done.",
	    all ? 1 : v->copy.verb != NULL ? progress_share(&v->copy) : 0);
	if (v->copy.verb == NULL)
		return;
	gauge(t, "estimated_rows", "Rows of the table, as the server "
	    "estimates.", (double)v->copy.total);
	left = progress_left(&v->copy);
	if (!v->ended && left >= 0)
		gauge(t, "copy_remaining_seconds", "How long the copy will "
		    "take from now on.", left);
}

static void
add_waits(const struct text *t, const struct metrics_more *more)
{
	size_t i;

	family(t, "waited_seconds_total", "counter", "How long the run has "
	    "waited, by what for.");
	for (i = 0; i < EVENT_WAITS; i++)
		sample(t, "waited_seconds_total", "reason",
		    json_sink_wait((enum event_wait_kind)i), more->waited[i]);
	family(t, "waiting", "gauge", "1 for what the run waits for now.");
	for (i = 0; i < EVENT_WAITS; i++)
		sample(t, "waiting", "reason",
		    json_sink_wait((enum event_wait_kind)i),
		    more->waiting[i]);
}

static void
add_counts(const struct text *t, const struct board_view *v,
    const struct metrics_more *more)
{
	size_t i;

	gauge(t, "workers", "Threads that copy or compare.", v->workers);
	gauge(t, "workers_wanted", "Threads that would, with less load.",
	    v->workers_most);
	counter(t, "warnings_total", "Warnings.", (double)v->warnings);
	counter(t, "errors_total", "Errors.", (double)more->errors);
	counter(t, "retries_total", "Tries for the lock of a table that were "
	    "in vain.", (double)more->retries);
	counter(t, "blockers_total", "Connections that were in the way of a "
	    "lock.", (double)more->blockers);
	if (more->n_lags == 0)
		return;
	family(t, "replication_lag_seconds", "gauge", "How far a replica is "
	    "behind.");
	for (i = 0; i < more->n_lags; i++)
		sample(t, "replication_lag_seconds", "replica",
		    more->lag[i].replica, more->lag[i].seconds);
}

static void
add_info(const struct text *t, const struct metrics_more *more)
{
	struct text with = { t->out, STR_INIT };
	struct str pid = STR_INIT;

	str_addf(&pid, "%ld", (long)getpid());
	str_addz(&with.labels, t->labels.s);
	add_label(&with.labels, "version", more->version);
	add_label(&with.labels, "pid", pid.s);
	family(&with, "info", "gauge", "Which run this is; always 1.");
	add_sample(with.out, "info", &with.labels, 1);
	str_free(&with.labels);
	str_free(&pid);
}

void
metrics_text_add(struct str *out, const struct board_view *v,
    const struct metrics_more *more, double now)
{
	struct text t = { out, STR_INIT };

	add_label(&t.labels, "database", v->database != NULL ? v->database :
	    "");
	add_label(&t.labels, "table", v->table != NULL ? v->table : "");
	if (v->job != NULL)
		add_label(&t.labels, "job", v->job);
	add_label(&t.labels, "run", more->run);
	add_info(&t, more);
	add_times(&t, v, now);
	add_state(&t, v);
	add_copy(&t, v);
	add_waits(&t, more);
	add_counts(&t, v, more);
	str_free(&t.labels);
}
