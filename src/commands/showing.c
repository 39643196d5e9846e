#include "commands/showing.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "base/json.h"
#include "base/print.h"
#include "base/reasons.h"
#include "base/util.h"
#include "commands/waiting.h"

#define BAR	40	/* columns */
#define BESIDE	34	/* columns for what stands beside the bar */
#define INDENT	2
#define REASONS	3	/* that are shown */

static const struct {
	const char *word, *text;
} ends[] = {
	[LOOKING_GOES_ON] = { "none", "it goes on" },
	[LOOKING_SWAPPED] = { "swapped", "the tables are swapped" },
	[LOOKING_REVERTIBLE] = { "revertible", "the tables are swapped, and "
	    "can be swapped back" },
	[LOOKING_REVERTED] = { "reverted", "the tables are swapped back" },
	[LOOKING_UNSWAPPED] = { "unswapped", "it has ended, without a swap" },
	[LOOKING_UNDONE] = { "undone", "it was undone" },
	[LOOKING_RESUMABLE] = { "resumable", "no run is at work on it any "
	    "more: it was killed, or has no connection" },
	[LOOKING_UNFINISHED] = { "unfinished", "no run is at work on it any "
	    "more, and it cannot be resumed" },
	[LOOKING_LEFT] = { "left", "the tables are swapped, but no run is at "
	    "work any more on what is left to do" },
	[LOOKING_UNKNOWN] = { "unknown", "it has ended, and what the tables "
	    "are is not known" },
};

const char *
showing_end_word(enum looking_end end)
{
	return ends[end].word;
}

const char *
showing_end(enum looking_end end)
{
	return ends[end].text;
}

/* --- on a terminal --------------------------------------------------------*/

static void
add(struct screen *to, enum screen_style style, const char *fmt, ...)
    PRINTF(3, 4);

/* Whatever is in the texts. */
static void
add(struct screen *to, enum screen_style style, const char *fmt, ...)
{
	struct str raw = STR_INIT, line = STR_INIT;
	va_list ap;

	va_start(ap, fmt);
	str_vaddf(&raw, fmt, ap);
	va_end(ap);
	escape_line(&line, raw.s);
	screen_line(to, style, line.s);
	str_free(&raw);
	str_free(&line);
}

static void
add_ago(struct str *out, const char *what, double seconds)
{
	str_addf(out, "%s", what);
	progress_clock(out, seconds);
}

static void
frame_head(struct screen *to, const struct showing *w)
{
	const struct looking *l = w->l;
	struct str s = STR_INIT;

	add(to, SCREEN_STRONG, "%s: %s", l->table.sql,
	    l->row.field[REGISTRY_STATE]);
	if (w->why != NULL) {
		add_ago(&s, "  no connection to the server for ", w->outage);
		add(to, SCREEN_ALERT, "%s: %s", s.s, w->why);
	} else if (l->unseen > 0) {
		add_ago(&s, "  no run is seen at work on it for ",
		    now_s() - l->unseen);
		add(to, SCREEN_ALERT, "%s", s.s);
	}
	str_free(&s);
}

static void
frame_rows(struct screen *to, const struct progress *p)
{
	size_t width = to->columns > BAR + BESIDE ? BAR :
	    to->columns > BESIDE ? to->columns - BESIDE : 0;
	struct str s = STR_INIT;
	double left = progress_left(p);

	str_addz(&s, "  ");
	gauge_bar(&s, progress_share(p), width, to->utf8);
	str_addf(&s, "%s%.0f%%, ", width > 0 ? " " : "",
	    100 * progress_share(p));
	if (left >= 0) {
		progress_clock(&s, left);
		str_addz(&s, " left, ");
	}
	str_addf(&s, "%s %llu of about %llu rows", p->verb, p->done, p->total);
	add(to, SCREEN_PLAIN, "%s", s.s);
	str_free(&s);
}

static void
frame_rate(struct screen *to, const struct showing *w,
    const struct progress *p)
{
	size_t width = to->columns > INDENT + 1 ? to->columns - INDENT - 1 :
	    0;
	double rate = gauge_rate(w->rate);
	struct str s = STR_INIT;

	if (rate < 0)
		return;
	add(to, SCREEN_PLAIN, "  %.0f rows/s now, %.0f on average, %.0f at "
	    "most", rate, progress_rate(p), gauge_most(w->rate, width));
	str_addz(&s, "  ");
	gauge_chart(&s, w->rate, width, to->utf8);
	screen_line(to, SCREEN_PLAIN, s.s);
	str_free(&s);
}

static void
frame_waits(struct screen *to, const struct looking *l)
{
	const char *list = l->waits.reasons;
	struct reason one;
	int i;

	if (l->waits.what[0] != '\0')
		add(to, SCREEN_ALERT, "  waits for: %s", l->waits.what);
	for (i = 0; i < REASONS && reasons_next(&list, &one);
	    i++, reasons_free(&one))
		add(to, SCREEN_ALERT, "    since %s UTC: %s", one.since,
		    one.source);
	if (l->figures.blocker[0] != '\0')
		add(to, SCREEN_ALERT, "  in the way: %s", l->figures.blocker);
}

static void
frame_chunks(struct screen *to, const struct looking *l,
    const struct progress *p)
{
	const struct waits *w = &l->waits;
	struct str s = STR_INIT;

	if (p->verb == NULL)
		return;
	if (p->chunk > 0)
		str_addf(&s, "chunks of %llu rows", p->chunk);
	if (l->figures.chunk_s >= 0)
		str_addf(&s, "%s%.0f ms for a chunk", s.len > 0 ? ", " : "",
		    1000 * l->figures.chunk_s);
	if (w->workers > 0)
		str_addf(&s, "%s%u thread%s", s.len > 0 ? ", " : "",
		    w->workers, w->workers == 1 ? "" : "s");
	if (w->workers > 0 && w->fewer[0] != '\0')
		str_addf(&s, " of %u, as %s", w->workers_most, w->fewer);
	if (s.len > 0)
		add(to, SCREEN_PLAIN, "  %s", s.s);
	str_free(&s);
}

static void
frame_lag(struct screen *to, const struct figures *f)
{
	if (f->lag < 0)
		return;
	if (f->lag_limit > 0)
		add(to, f->lag > f->lag_limit ? SCREEN_ALERT : SCREEN_PLAIN,
		    "  replication lag %.1f s, of %.1f at most: %s", f->lag,
		    f->lag_limit, f->lag_of);
	else
		add(to, SCREEN_PLAIN, "  replication lag %.1f s: %s", f->lag,
		    f->lag_of);
}

static void
frame_foot(struct screen *to, const struct looking *l)
{
	struct str s = STR_INIT;

	waits_line(&s, "  ", &l->waits.waited);
	if (s.len > 0)
		add(to, SCREEN_PLAIN, "%s", s.s);
	add(to, SCREEN_FAINT, "  ALTER: %s",
	    l->row.field[REGISTRY_ALTER][0] != '\0' ?
	    l->row.field[REGISTRY_ALTER] : "none, a rebuild");
	str_reset(&s);
	add_ago(&s, "began ", strtod(l->row.field[REGISTRY_AGE], NULL));
	add_ago(&s, " ago, last heartbeat ",
	    strtod(l->row.field[REGISTRY_SILENCE], NULL));
	add(to, SCREEN_FAINT, "  %s ago, on %s", s.s,
	    l->row.field[REGISTRY_CLIENT]);
	add(to, SCREEN_FAINT, "  Ctrl-C ends the watching, not the migration");
	str_free(&s);
}

void
showing_frame(struct screen *to, const struct showing *w)
{
	struct progress p;

	looking_progress(w->l, &p);
	frame_head(to, w);
	if (p.verb != NULL)
		frame_rows(to, &p);
	frame_waits(to, w->l);
	if (p.verb != NULL)
		frame_rate(to, w, &p);
	frame_chunks(to, w->l, &p);
	frame_lag(to, &w->l->figures);
	frame_foot(to, w->l);
}

/* --- line by line ---------------------------------------------------------*/

void
showing_news(struct str *to, const struct showing *w)
{
	const struct looking *l = w->l;

	print_line(to, "%s %s %u %d %d %s", l->row.field[REGISTRY_STATE],
	    l->waits.what, l->waits.workers, l->unseen > 0, w->why != NULL,
	    l->figures.blocker);
}

static void
add_trouble(struct str *out, const struct showing *w)
{
	const struct looking *l = w->l;

	if (w->why != NULL)
		str_addf(out, "; no connection to the server: %s", w->why);
	else if (l->unseen > 0)
		str_addz(out, "; no run is seen at work on it");
	if (l->waits.what[0] != '\0')
		str_addf(out, "; waits for %s", l->waits.what);
	if (l->figures.blocker[0] != '\0')
		str_addf(out, "; in the way: %s", l->figures.blocker);
	if (l->figures.lag >= 0)
		str_addf(out, "; lag %.1f s", l->figures.lag);
}

void
showing_line(struct str *to, const struct showing *w)
{
	const struct looking *l = w->l;
	struct str s = STR_INIT;
	struct progress p;

	looking_progress(l, &p);
	if (p.verb != NULL) {
		str_addz(&s, ", ");
		progress_line(&s, &p);
	}
	add_trouble(&s, w);
	print_line(to, "%s: %s%s", l->table.sql, l->row.field[REGISTRY_STATE],
	    s.s);
	str_free(&s);
}

/* --- for programs ---------------------------------------------------------*/

static void
json_name(struct str *out, const struct looking *l, const char *type)
{
	str_addz(out, "{");
	json_member(out, "type", type);
	json_field(out, "database", l->table.db.raw);
	json_field(out, "table", l->table.table.raw);
	json_field(out, "id", l->row.field[REGISTRY_ID]);
}

static void
json_rows(struct str *out, const struct showing *w)
{
	double rate = gauge_rate(w->rate), left;
	struct progress p;

	looking_progress(w->l, &p);
	json_field(out, "verb", p.verb);
	if (p.verb == NULL)
		return;
	json_count(out, "rows", p.done);
	json_count(out, "rows_total", p.total);
	json_seconds(out, "rate", progress_rate(&p));
	if (rate >= 0)
		json_seconds(out, "rate_now", rate);
	left = progress_left(&p);
	if (left >= 0)
		json_seconds(out, "eta", left);
	if (p.chunk > 0)
		json_count(out, "chunk", p.chunk);
	if (w->l->figures.chunk_s >= 0)
		json_seconds(out, "chunk_time", w->l->figures.chunk_s);
}

void
showing_json(struct str *to, const struct showing *w)
{
	const struct looking *l = w->l;
	struct str s = STR_INIT;

	json_name(&s, l, "look");
	json_field(&s, "state", l->row.field[REGISTRY_STATE]);
	json_bool(&s, "running", l->unseen <= 0);
	json_field(&s, "error", w->why);
	json_rows(&s, w);
	if (l->figures.lag >= 0) {
		json_seconds(&s, "lag", l->figures.lag);
		json_field(&s, "lag_of", l->figures.lag_of);
		json_seconds(&s, "max_lag", l->figures.lag_limit);
	}
	json_field(&s, "blocker", l->figures.blocker[0] != '\0' ?
	    l->figures.blocker : NULL);
	waiting_json(&s, &l->row, true);
	json_seconds(&s, "age", strtod(l->row.field[REGISTRY_AGE], NULL));
	json_seconds(&s, "silence",
	    strtod(l->row.field[REGISTRY_SILENCE], NULL));
	print_line(to, "%s}", s.s);
	str_free(&s);
}

void
showing_json_end(struct str *to, const struct looking *l)
{
	struct str s = STR_INIT;

	json_name(&s, l, "end");
	json_field(&s, "end", ends[l->end].word);
	json_count(&s, "exit", (unsigned long long)l->status);
	print_line(to, "%s}", s.s);
	str_free(&s);
}
