/*
 * A drawing is as wide as the page, whatever that is: its coordinates are 1000
 * by 100, and texts stand beside it, so that they keep their size.
 */
#include "base/report_chart.h"

#include <string.h>

#include "base/html.h"
#include "base/progress.h"

#define WIDE	1000.0
#define HIGH	100.0
#define ROWS	60U		/* of the table */
#define COLOURS	6U
#define BRIDGED	4U		/* points without a value, or */
#define BRIDGED_S 3.0		/* seconds, that a line goes over */

#define SVG	"<svg viewBox=\"0 0 1000 100\" preserveAspectRatio=\"none\" " \
		"role=\"img\">"

const char *const report_chart_wait[EVENT_WAITS] = {
	[EVENT_WAIT_SERVER] = "the server's return",
	[EVENT_WAIT_PAUSE] = "load, lag or the operator",
	[EVENT_WAIT_SWAP] = "the moment of the swap",
	[EVENT_WAIT_LOCK] = "a table in use",
	[EVENT_WAIT_WRITERS] = "statements that began earlier",
	[EVENT_WAIT_ROW] = "a locked row",
};

/* What the whole width is, in seconds. */
static double
length_of(const struct report *r)
{
	return r->now > 0.001 ? r->now : 0.001;
}

static double
x_of(const struct report *r, double at)
{
	double x = at / length_of(r) * WIDE;

	return x < 0 ? 0 : x > WIDE ? WIDE : x;
}

static void
add_number(struct str *out, double v)
{
	if (v >= 1e6)
		str_addf(out, "%.2fM", v / 1e6);
	else if (v >= 1e4)
		str_addf(out, "%.1fk", v / 1e3);
	else
		str_addf(out, v >= 100 ? "%.0f" : v >= 10 ? "%.1f" : "%.3g", v);
}

static void
add_axis(struct str *out, const struct report *r)
{
	size_t i;

	str_addz(out, "<div class=\"axis\" aria-hidden=\"true\">");
	for (i = 0; i <= 4; i++) {
		str_addz(out, "<span>");
		progress_clock(out, length_of(r) * (double)i / 4);
		str_addz(out, "</span>");
	}
	str_addz(out, "</div>\n");
}

static void
add_box(struct str *out, const struct report *r, double from, double to)
{
	double x = x_of(r, from), width = x_of(r, to) - x;

	if (width < 1)
		width = 1;
	str_addf(out, "M%.1f 0h%.1fv100h%.1fz", x, width, -width);
}

/* Behind a figure: when it was waited, for what. */
static void
add_shade(struct str *out, const struct report *r)
{
	size_t kind, i;

	for (kind = 0; kind < EVENT_WAITS; kind++) {
		str_addf(out, "<path class=\"w%zu shade\" d=\"M0 0", kind);
		for (i = 0; i < r->n_bands; i++)
			if (r->band[i].kind == kind)
				add_box(out, r, r->band[i].from,
				    r->band[i].to);
		if (r->open[kind].what != NULL)
			add_box(out, r, r->open[kind].from, r->now);
		str_addz(out, "\"/>");
	}
}

/* --- steps and waits ------------------------------------------------------*/

static void
add_steps(struct str *out, const struct report *r)
{
	double from, to;
	size_t i;

	str_addz(out, "<figure><figcaption>Steps</figcaption>\n"
	    "<div class=\"strip\">" SVG "<title>The steps of the run on the "
	    "time axis</title><desc>The table of steps has the same."
	    "</desc>\n");
	for (i = 0; i < r->n_steps; i++) {
		from = x_of(r, r->step[i].from);
		to = x_of(r, r->step[i].ended ? r->step[i].to : r->now);
		str_addf(out, "<rect class=\"s%zu%s\" x=\"%.1f\" y=\"0\" "
		    "width=\"%.1f\" height=\"100\"><title>", i % COLOURS,
		    r->step[i].ended && !r->step[i].done ? " failed" : "",
		    from, to - from > 1 ? to - from : 1);
		html_text(out, r->step[i].title);
		str_addz(out, "</title></rect>\n");
	}
	str_addz(out, "</svg></div>\n<p class=\"names\">");
	for (i = 0; i < r->n_steps; i++) {
		str_addf(out, "<span><i class=\"s%zu\"></i>", i % COLOURS);
		html_text(out, r->step[i].title);
		str_addz(out, "</span> ");
	}
	str_addz(out, "</p></figure>\n");
}

static void
add_band(struct str *out, const struct report *r,
    const struct report_band *b, double to)
{
	double x = x_of(r, b->from), width = x_of(r, to) - x;

	str_addf(out, "<rect class=\"w%d\" x=\"%.1f\" y=\"0\" width=\"%.1f\" "
	    "height=\"100\"><title>", (int)b->kind, x, width > 2 ? width : 2);
	html_text(out, b->what);
	str_addz(out, "</title></rect>\n");
}

static void
add_waits(struct str *out, const struct report *r)
{
	bool any[EVENT_WAITS] = { false };
	size_t i;

	str_addz(out, "<figure><figcaption>Waits</figcaption>\n"
	    "<div class=\"strip\">" SVG "<title>Waits on the time axis</title>"
	    "<desc>The table of waits has them with their reasons.</desc>\n");
	for (i = 0; i < r->n_bands; i++) {
		add_band(out, r, &r->band[i], r->band[i].to);
		any[r->band[i].kind] = true;
	}
	for (i = 0; i < EVENT_WAITS; i++)
		if (r->open[i].what != NULL) {
			add_band(out, r, &r->open[i], r->now);
			any[i] = true;
		}
	str_addz(out, "</svg></div>\n<p class=\"names\">");
	for (i = 0; i < EVENT_WAITS; i++)
		if (any[i])
			str_addf(out, "<span><i class=\"w%zu\"></i>for %s"
			    "</span> ", i, report_chart_wait[i]);
	str_addz(out, "</p>");
	add_axis(out, r);
	str_addz(out, "</figure>\n");
}

/* --- figures --------------------------------------------------------------*/

struct range {
	double most, mean, last, limit;
	size_t n;
};

static struct range
range_of(const struct timeline *t, const struct timeline_series *s)
{
	struct range g = { .limit = s->limit };
	double v;
	size_t i;

	for (i = 0; i < TIMELINE_POINTS; i++) {
		if (!timeline_at(t, s, i, &v))
			continue;
		g.most = g.n == 0 || v > g.most ? v : g.most;
		g.mean += v;
		g.last = v;
		g.n++;
	}
	if (g.n > 0)
		g.mean /= (double)g.n;
	return g;
}

/* Of all figures of a chart. */
static double
top_of(const struct timeline *t, const char *chart)
{
	struct range g;
	double top = 0;
	size_t i;

	for (i = 0; i < t->n; i++) {
		if (strcmp(t->series[i].chart, chart) != 0)
			continue;
		g = range_of(t, &t->series[i]);
		top = g.most > top ? g.most : top;
		/* A limit that is far away would flatten the rest. */
		if (g.limit > top && g.limit <= 4 * g.most)
			top = g.limit;
	}
	return top > 0 ? top * 1.05 : 1;
}

static void
add_line(struct str *out, const struct report *r,
    const struct timeline_series *s, double top, size_t colour)
{
	const struct timeline *t = &r->timeline;
	size_t i, last = 0;
	bool any = false, near;
	double v, at;

	if (s->limit >= 0 && s->limit <= top)
		str_addf(out, "<path class=\"limit\" d=\"M0 %.1fH1000\"/>",
		    HIGH - HIGH * s->limit / top);
	str_addf(out, "<path class=\"line c%zu\" d=\"", colour);
	for (i = 0; i < TIMELINE_POINTS; i++) {
		if (!timeline_at(t, s, i, &v))
			continue;
		near = any && (i - last <= BRIDGED ||
		    (double)(i - last) * t->width <= BRIDGED_S);
		at = ((double)i + 0.5) * t->width;
		/* A single point is seen as a dash. */
		if (!near)
			str_addf(out, "M%.1f %.1fh1", x_of(r, at),
			    HIGH - HIGH * v / top);
		else
			str_addf(out, "L%.1f %.1f", x_of(r, at),
			    HIGH - HIGH * v / top);
		last = i;
		any = true;
	}
	str_addz(out, "\"/>\n");
}

static void
add_legend(struct str *out, const struct timeline *t, const char *chart)
{
	struct range g;
	size_t i, colour = 0;

	str_addz(out, "<p class=\"names\">");
	for (i = 0; i < t->n; i++) {
		if (strcmp(t->series[i].chart, chart) != 0)
			continue;
		g = range_of(t, &t->series[i]);
		str_addf(out, "<span><i class=\"c%zu\"></i>",
		    colour++ % COLOURS);
		html_text(out, t->series[i].name);
		str_addz(out, ": mean ");
		add_number(out, g.mean);
		str_addz(out, ", most ");
		add_number(out, g.most);
		if (g.limit >= 0) {
			str_addz(out, ", limit ");
			add_number(out, g.limit);
		}
		str_addz(out, "</span> ");
	}
	str_addz(out, "</p>");
}

static void
add_figure(struct str *out, const struct report *r, const char *chart)
{
	const struct timeline *t = &r->timeline;
	double top = top_of(t, chart);
	size_t i, colour = 0;

	str_addz(out, "<figure><figcaption>");
	html_text(out, chart);
	str_addz(out, "</figcaption>\n<div class=\"plot\"><span class=\"top\" "
	    "aria-hidden=\"true\">");
	add_number(out, top);
	str_addz(out, "</span>" SVG "<title>");
	html_text(out, chart);
	str_addz(out, " on the time axis</title><desc>The table of figures "
	    "has the same.</desc>\n");
	add_shade(out, r);
	str_addz(out, "<path class=\"grid\" d=\"M0 50H1000M250 0V100M500 0V100"
	    "M750 0V100\"/>\n");
	for (i = 0; i < t->n; i++)
		if (strcmp(t->series[i].chart, chart) == 0)
			add_line(out, r, &t->series[i], top,
			    colour++ % COLOURS);
	str_addz(out, "</svg></div>\n");
	add_axis(out, r);
	add_legend(out, t, chart);
	str_addz(out, "</figure>\n");
}

/* Is it the first of its chart? */
static bool
is_first(const struct timeline *t, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (strcmp(t->series[i].chart, t->series[n].chart) == 0)
			return false;
	return true;
}

void
report_chart_add(struct str *out, const struct report *r)
{
	const struct timeline *t = &r->timeline;
	size_t i, k;

	add_steps(out, r);
	add_waits(out, r);
	/* In any case first what is looked for first. */
	for (k = 0; k < 2; k++)
		for (i = 0; i < t->n; i++)
			if (is_first(t, i) && (strcmp(t->series[i].chart,
			    REPORT_ROWS) == 0) == (k == 0))
				add_figure(out, r, t->series[i].chart);
}

/* --- the table ------------------------------------------------------------*/

static void
add_cell(struct str *out, const struct timeline *t,
    const struct timeline_series *s, size_t from, size_t to)
{
	double v, sum = 0;
	size_t n = 0;

	for (; from < to && from < TIMELINE_POINTS; from++)
		if (timeline_at(t, s, from, &v)) {
			sum += v;
			n++;
		}
	str_addz(out, "<td>");
	if (n > 0)
		add_number(out, sum / (double)n);
	str_addz(out, "</td>");
}

void
report_chart_table(struct str *out, const struct report *r)
{
	const struct timeline *t = &r->timeline;
	size_t used, each, i, k;

	if (t->n == 0)
		return;
	used = (size_t)(t->end / t->width) + 1;
	each = (used + ROWS - 1) / ROWS;
	str_addz(out, "<details><summary>The figures as a table</summary>\n"
	    "<div class=\"scroll\" tabindex=\"0\"><table><thead><tr>"
	    "<th scope=\"col\">from</th>");
	for (k = 0; k < t->n; k++) {
		str_addz(out, "<th scope=\"col\">");
		html_text(out, t->series[k].chart);
		str_addz(out, "<br>");
		html_text(out, t->series[k].name);
		str_addz(out, "</th>");
	}
	str_addz(out, "</tr></thead><tbody>\n");
	for (i = 0; i < used && i < TIMELINE_POINTS; i += each) {
		str_addz(out, "<tr><th scope=\"row\">");
		progress_clock(out, (double)i * t->width);
		str_addz(out, "</th>");
		for (k = 0; k < t->n; k++)
			add_cell(out, t, &t->series[k], i, i + each);
		str_addz(out, "</tr>\n");
	}
	str_addz(out, "</tbody></table></div></details>\n");
}
