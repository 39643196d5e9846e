#include "base/report_page.h"

#include <stdio.h>
#include <string.h>

#include "base/catalogue.h"
#include "base/html.h"
#include "base/progress.h"
#include "base/report_chart.h"

#define LISTED	50	/* waits in the table */

/* No page of somebody else's is asked for anything, and nothing runs. */
static const char head[] =
	"<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n"
	"<meta charset=\"utf-8\">\n"
	"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src "
	"'none'; style-src 'unsafe-inline'\">\n"
	"<meta name=\"viewport\" content=\"width=device-width, "
	"initial-scale=1\">\n"
	"<meta name=\"color-scheme\" content=\"light dark\">\n<title>";

/* Colours of Okabe and Ito, which the colour-blind can tell apart. */
static const char colours[] =
	":root{--bg:#fff;--fg:#1a1c1f;--dim:#565c64;--line:#d5d9de;"
	"--card:#f4f6f8;--c0:#0060a8;--c1:#b34700;--c2:#00734f;--c3:#8a2f72;"
	"--c4:#7a5c00;--c5:#3b3f99;--good:#00693e;--bad:#b3161b;"
	"--warn:#8a5200;--w0:#b3161b;--w1:#e69f00;--w2:#56b4e9;--w3:#cc79a7;"
	"--w4:#8c8c00;--w5:#7f7f7f}\n"
	"@media (prefers-color-scheme:dark){:root{--bg:#14171a;--fg:#e6e8ea;"
	"--dim:#a3abb4;--line:#3a4149;--card:#1d2226;--c0:#6cb6ff;"
	"--c1:#ff9d5c;--c2:#4fd1a1;--c3:#e39ad0;--c4:#e5c453;--c5:#a9acff;"
	"--good:#54cf93;--bad:#ff8080;--warn:#f0b35a;--w0:#d34d50;"
	"--w1:#b87f00;--w2:#3d8dbb;--w3:#a85c86;--w4:#7d7d1a;--w5:#777}}\n"
	".c0,.s0{--k:var(--c0)}.c1,.s1{--k:var(--c1)}.c2,.s2{--k:var(--c2)}"
	".c3,.s3{--k:var(--c3)}.c4,.s4{--k:var(--c4)}.c5,.s5{--k:var(--c5)}"
	".w0{--k:var(--w0)}.w1{--k:var(--w1)}.w2{--k:var(--w2)}"
	".w3{--k:var(--w3)}.w4{--k:var(--w4)}.w5{--k:var(--w5)}\n";

static const char shapes[] =
	"*{box-sizing:border-box}body{margin:0 auto;padding:1rem;"
	"max-width:64rem;background:var(--bg);color:var(--fg);"
	"font:1rem/1.45 system-ui,sans-serif;overflow-wrap:anywhere}\n"
	"h1{font-size:1.5rem;line-height:1.25;margin:.2rem 0}"
	"h2{font-size:1.15rem;margin:2rem 0 .5rem;"
	"border-bottom:1px solid var(--line)}p{margin:.4rem 0}\n"
	".badge{display:inline-block;padding:.1rem .6rem;border-radius:1rem;"
	"border:2px solid;font-weight:600}.good{color:var(--good)}"
	".bad{color:var(--bad)}.warn{color:var(--warn)}"
	".dim{color:var(--dim)}\n"
	".tiles{display:grid;grid-template-columns:"
	"repeat(auto-fill,minmax(8.5rem,1fr));gap:.5rem;margin:1rem 0;"
	"padding:0;list-style:none}"
	".tiles li{background:var(--card);border-radius:.4rem;"
	"padding:.5rem .7rem}.tiles span{display:block;color:var(--dim);"
	"font-size:.85rem}"
	".tiles b{font-weight:400;font-size:1.2rem;"
	"font-variant-numeric:tabular-nums}\n"
	"figure{margin:1rem 0;break-inside:avoid}"
	"figcaption{font-weight:600;font-size:.95rem}\n"
	".plot,.strip{position:relative;border:1px solid var(--line);"
	"background:var(--card)}svg{display:block;width:100%;height:7rem}"
	".strip svg{height:1.6rem}.plot .top{position:absolute;left:.3rem;"
	"top:0;font-size:.75rem;color:var(--dim)}\n"
	"path{vector-effect:non-scaling-stroke;fill:none}"
	".line{stroke:var(--k);stroke-width:2;stroke-linejoin:round}"
	".limit{stroke:var(--bad);stroke-dasharray:6 4}"
	".grid{stroke:var(--line)}path.shade{fill:var(--k);opacity:.28}"
	"rect{fill:var(--k)}rect.failed{stroke:var(--bad);stroke-width:3}\n"
	".axis{display:flex;justify-content:space-between;font-size:.75rem;"
	"color:var(--dim);font-variant-numeric:tabular-nums}"
	".names{font-size:.85rem}.names span{margin-right:1rem}"
	".names i{display:inline-block;width:.8em;height:.8em;"
	"margin-right:.35em;background:var(--k)}\n";

static const char tables[] =
	".scroll{overflow-x:auto}table{border-collapse:collapse;width:100%;"
	"font-size:.9rem}th,td{text-align:left;vertical-align:top;"
	"padding:.25rem .6rem .25rem 0;border-bottom:1px solid var(--line)}"
	"th{font-weight:600}details table{width:auto}"
	"details th,details td{overflow-wrap:normal;white-space:nowrap}"
	"td.text{white-space:pre-wrap}td.n,th.n{text-align:right;"
	"white-space:nowrap;font-variant-numeric:tabular-nums}"
	"pre{background:var(--card);padding:.7rem;"
	"white-space:pre-wrap;font-size:.85rem}summary{cursor:pointer}\n"
	"@media print{:root{--bg:#fff;--fg:#000;--dim:#444;--line:#bbb;"
	"--card:#fff;--c0:#0060a8;--c1:#b34700;--c2:#00734f;--c3:#8a2f72;"
	"--c4:#7a5c00;--c5:#3b3f99;--good:#00693e;--bad:#b3161b;"
	"--warn:#8a5200;--w1:#e69f00;--w2:#56b4e9;--w3:#cc79a7}"
	"*{print-color-adjust:exact;-webkit-print-color-adjust:exact}"
	"body{font-size:10pt;max-width:none;padding:0}"
	".tiles li{border:1px solid var(--line)}tr{break-inside:avoid}"
	"h2{break-after:avoid}}\n";

static void
add_clock(struct str *out, double seconds)
{
	if (seconds < 9.95)
		str_addf(out, "%.1f s", seconds);
	else
		progress_clock(out, seconds);
}

/* As ISO 8601 has it, in UTC. */
static void
add_date(struct str *out, time_t at)
{
	char text[sizeof("2026-01-01 00:00:00")];
	struct tm tm;

	gmtime_r(&at, &tm);
	strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &tm);
	str_addf(out, "%s UTC", text);
}

/* --- how it ended ---------------------------------------------------------*/

struct verdict {
	const char *class, *word;
};

static struct verdict
judge(const struct report *r)
{
	const struct event_result *res = &r->result;

	if (!r->ended)
		return (struct verdict){ "warn", "Still running, or killed" };
	if (r->status == ERR_NONE && res->dry_run)
		return (struct verdict){ "good", "Dry run complete" };
	if (r->status == ERR_NONE && res->end == EVENT_END_SWAPPED)
		return (struct verdict){ "good", res->done };
	if (r->status == ERR_NONE)
		return (struct verdict){ "good", "Complete" };
	if (r->status == ERR_KEPT)
		return (struct verdict){ "warn", "Interrupted; can be "
		    "resumed" };
	if (r->status == ERR_STOPPED)
		return (struct verdict){ "warn", "Interrupted" };
	if (res->end == EVENT_END_SWAPPED)
		return (struct verdict){ "warn", "Swapped, with a problem" };
	return (struct verdict){ "bad", "Failed" };
}

static const char *
state_of(const struct report *r)
{
	if (!r->ended)
		return "The page is written about every 30 seconds; it was "
		    "last written at the time above.";
	if (!r->has_result)
		return "It ended before anything was known of the table.";
	switch (r->result.end) {
	case EVENT_END_UNTOUCHED:
		return "The table is what it was.";
	case EVENT_END_KEPT:
		return "The table is what it was, and the migration can be "
		    "resumed.";
	case EVENT_END_SWAPPED:
		return "The new table is in place.";
	case EVENT_END_UNKNOWN:
		break;
	}
	return "It is not known whether the new table is in place.";
}

static void
add_top(struct str *out, const struct report *r)
{
	const struct verdict v = judge(r);

	str_addz(out, head);
	html_text(out, r->target);
	str_addf(out, ": %s</title>\n<style>\n%s%s%s</style>\n</head>\n"
	    "<body>\n<header>\n<h1>livealter %s", v.word, colours, shapes,
	    tables, r->command);
	html_text(out, r->target);
	str_addf(out, "</h1>\n<p><span class=\"badge %s\">%s</span>", v.class,
	    v.word);
	if (r->ended && r->status != ERR_NONE)
		str_addf(out, " exit status %d (%s)", (int)r->status,
		    catalogue_find(r->status)->name);
	str_addz(out, "</p>\n<p class=\"dim\">began ");
	add_date(out, r->began_at);
	str_addz(out, r->ended ? ", ended " : ", last written at ");
	add_date(out, r->now_at);
	str_addf(out, "</p>\n<p>%s</p>\n", state_of(r));
	if (r->alter != NULL) {
		str_addz(out, "<pre>");
		html_sql(out, r->alter);
		str_addz(out, "</pre>\n");
	}
	str_addz(out, "</header>\n<main>\n");
	if (r->error.len > 0) {
		str_addz(out, "<p class=\"bad\" role=\"alert\"><strong>");
		html_text(out, r->error.s);
		str_addz(out, "</strong></p>\n");
	}
	if (r->hint.len > 0) {
		str_addz(out, "<pre>");
		html_text(out, r->hint.s);
		str_addz(out, "</pre>\n");
	}
}

static void
add_tile(struct str *out, const char *name, unsigned long long n)
{
	str_addf(out, "<li><span>%s</span> <b>%llu</b></li>\n", name, n);
}

static void
add_time_tile(struct str *out, const char *name, double seconds)
{
	str_addf(out, "<li><span>%s</span> <b>", name);
	add_clock(out, seconds);
	str_addz(out, "</b></li>\n");
}

static void
add_tiles(struct str *out, const struct report *r)
{
	str_addz(out, "<ul class=\"tiles\">\n");
	add_time_tile(out, "in all", r->now);
	add_time_tile(out, "waited for load, lag, the swap", r->waiting);
	if (r->has_result) {
		add_tile(out, "rows copied", r->result.rows);
		add_tile(out, "rows compared", r->result.compared);
		add_tile(out, "chunks", r->result.chunks);
		add_tile(out, "chunks met by locks", r->result.conflicts);
	}
	add_tile(out, "warnings", r->n_warnings);
	add_tile(out, "retries for a lock", r->n_retries);
	add_tile(out, "blockers seen", r->n_blockers);
	str_addz(out, "</ul>\n");
}

/* --- tables ---------------------------------------------------------------*/

static void
add_steps(struct str *out, const struct report *r)
{
	const struct report_step *s;
	size_t i;

	if (r->n_steps == 0)
		return;
	str_addz(out, "<h2>Steps</h2>\n<table><thead><tr><th scope=\"col\">"
	    "step</th><th scope=\"col\" class=\"n\">from</th><th scope=\"col\" "
	    "class=\"n\">took</th><th scope=\"col\">end</th></tr></thead>"
	    "<tbody>\n");
	for (i = 0; i < r->n_steps; i++) {
		s = &r->step[i];
		str_addz(out, "<tr><td>");
		html_text(out, s->title);
		str_addz(out, "</td><td class=\"n\">");
		add_clock(out, s->from);
		str_addz(out, "</td><td class=\"n\">");
		add_clock(out, (s->ended ? s->to : r->now) - s->from);
		str_addf(out, "</td><td class=\"%s\">%s</td></tr>\n",
		    !s->ended ? "warn" : s->done ? "good" : "bad",
		    !s->ended ? "not ended" : s->done ? "done" : "failed");
	}
	str_addz(out, "</tbody></table>\n");
}

static void
add_wait(struct str *out, const struct report_band *b, double to)
{
	str_addz(out, "<tr><td class=\"n\">");
	add_clock(out, b->from);
	str_addz(out, "</td><td class=\"n\">");
	add_clock(out, to - b->from);
	str_addf(out, "</td><td>%s</td><td class=\"text\">",
	    report_chart_wait[b->kind]);
	html_text(out, b->what);
	str_addz(out, "</td></tr>\n");
}

/* As long as the nth of the longest, at least. */
static double
least_listed(const struct report *r)
{
	double least = 0, len;
	size_t i, k, longer;

	if (r->n_bands <= LISTED)
		return 0;
	for (i = 0; i < r->n_bands; i++) {
		len = r->band[i].to - r->band[i].from;
		for (k = longer = 0; k < r->n_bands; k++)
			longer += r->band[k].to - r->band[k].from > len;
		if (longer < LISTED && (!(least > 0) || len < least))
			least = len;
	}
	return least;
}

static bool
has_waited(const struct report *r)
{
	size_t i;

	for (i = 0; i < EVENT_WAITS; i++)
		if (r->open[i].what != NULL)
			return true;
	return r->n_bands > 0;
}

static void
add_waits(struct str *out, const struct report *r)
{
	double least = least_listed(r);
	unsigned long more = r->bands_left_out;
	size_t i;

	if (!has_waited(r)) {
		str_addz(out, "<h2>Waits</h2>\n<p>There were none.</p>\n");
		return;
	}
	str_addz(out, "<h2>Waits</h2>\n<table><thead><tr><th scope=\"col\" "
	    "class=\"n\">from</th><th scope=\"col\" class=\"n\">took</th>"
	    "<th scope=\"col\">for</th><th scope=\"col\">reason</th></tr>"
	    "</thead><tbody>\n");
	for (i = 0; i < r->n_bands; i++) {
		if (r->band[i].to - r->band[i].from >= least)
			add_wait(out, &r->band[i], r->band[i].to);
		else
			more++;
	}
	for (i = 0; i < EVENT_WAITS; i++)
		if (r->open[i].what != NULL)
			add_wait(out, &r->open[i], r->now);
	str_addz(out, "</tbody></table>\n");
	if (more > 0)
		str_addf(out, "<p class=\"dim\">%lu shorter waits are left "
		    "out.</p>\n", more);
	for (i = 0; i < EVENT_WAITS; i++) {
		if (!(r->waited[i] > 0))
			continue;
		str_addf(out, "<p>All waits for %s: ", report_chart_wait[i]);
		add_clock(out, r->waited[i]);
		str_addz(out, "</p>\n");
	}
}

static const char *
name_of(enum event_kind kind)
{
	return kind == EVENT_WARNING ? "warning" : kind == EVENT_ERROR ?
	    "error" : kind == EVENT_HINT ? "hint" : kind == EVENT_RETRY ?
	    "lock: retry" : kind == EVENT_BLOCKER ? "lock: blocker" :
	    kind == EVENT_WORKERS ? "threads" : "note";
}

static void
add_entry(struct str *out, const struct report_entry *n)
{
	const char *class = n->kind == EVENT_ERROR ? "bad" :
	    n->kind == EVENT_NOTE || n->kind == EVENT_HINT ? "dim" : "warn";

	str_addz(out, "<tr><td class=\"n\">");
	add_clock(out, n->at);
	str_addf(out, "</td><td class=\"%s\">%s</td><td class=\"text\">",
	    class, name_of(n->kind));
	html_text(out, n->text);
	str_addz(out, "</td></tr>\n");
}

/* The nth of all that are kept, or NULL. */
static const struct report_entry *
entry_at(const struct report *r, size_t n)
{
	const size_t kept = r->n_last < REPORT_ENTRIES ? r->n_last :
	    REPORT_ENTRIES;

	if (n < r->n_first)
		return &r->first[n];
	n -= r->n_first;
	return n < kept ? &r->last[(r->n_last - kept + n) % REPORT_ENTRIES] :
	    NULL;
}

static void
add_messages(struct str *out, const struct report *r)
{
	const struct report_entry *n;
	size_t i;

	if (entry_at(r, 0) == NULL)
		return;
	str_addz(out, "<h2>Messages, locks, retries, warnings</h2>\n<table>"
	    "<thead><tr><th scope=\"col\" class=\"n\">at</th><th scope=\"col\">"
	    "kind</th><th scope=\"col\">what</th></tr></thead><tbody>\n");
	for (i = 0; (n = entry_at(r, i)) != NULL; i++) {
		if (i == r->n_first && r->n_last > REPORT_ENTRIES)
			str_addf(out, "<tr><td></td><td></td><td>%zu are left "
			    "out here</td></tr>\n",
			    r->n_last - REPORT_ENTRIES);
		add_entry(out, n);
	}
	str_addz(out, "</tbody></table>\n");
}

/* What the steps that compare have said. */
static void
add_proof(struct str *out, const struct report *r)
{
	const struct report_entry *n;
	bool any = false;
	size_t i;

	str_addz(out, "<h2>Proof</h2>\n");
	for (i = 0; (n = entry_at(r, i)) != NULL; i++) {
		if ((strcmp(n->step, "verify") != 0 &&
		    strcmp(n->step, "prove") != 0) ||
		    (n->kind != EVENT_NOTE && n->kind != EVENT_WARNING))
			continue;
		str_addf(out, "%s<li>", any ? "" : "<ul>\n");
		html_text(out, n->text);
		str_addz(out, "</li>\n");
		any = true;
	}
	str_addz(out, any ? "</ul>\n" : "<p>The tables were not compared."
	    "</p>\n");
}

/* --- what was asked for, and sent -----------------------------------------*/

static void
add_pre(struct str *out, const char *title, const char *text)
{
	str_addf(out, "<h2>%s</h2>\n<pre>", title);
	html_sql(out, text);
	str_addz(out, "</pre>\n");
}

static void
add_versions(struct str *out, const struct report *r)
{
	size_t i;

	str_addf(out, "<h2>Versions</h2>\n<table><tbody>\n<tr><th "
	    "scope=\"row\">livealter</th><td>%s</td></tr>\n", r->version);
	for (i = 0; i < r->n_facts; i++) {
		str_addz(out, "<tr><th scope=\"row\">");
		html_text(out, r->fact[i].name);
		str_addz(out, "</th><td>");
		html_text(out, r->fact[i].value);
		str_addz(out, "</td></tr>\n");
	}
	str_addz(out, "</tbody></table>\n");
}

void
report_page_add(struct str *out, const struct report *r)
{
	add_top(out, r);
	add_tiles(out, r);
	str_addz(out, "<h2>Timeline</h2>\n");
	report_chart_add(out, r);
	report_chart_table(out, r);
	add_proof(out, r);
	add_waits(out, r);
	add_steps(out, r);
	add_messages(out, r);
	if (r->plan.len > 0)
		add_pre(out, "Plan", r->plan.s);
	if (r->statements.len > 0)
		add_pre(out, "Statements that were sent", r->statements.s);
	if (r->statements_left_out > 0)
		str_addf(out, "<p class=\"dim\">%lu more are left out.</p>\n",
		    r->statements_left_out);
	add_versions(out, r);
	add_pre(out, "Options", r->options);
	str_addz(out, "</main>\n</body>\n</html>\n");
}
