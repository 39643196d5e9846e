#include "base/gauge.h"

#include <string.h>

#define OVER	3	/* looks that a rate is of: what is told is older than
			   a look, and comes by jerks */
#define LEVELS	8

void
gauge_reset(struct gauge *g)
{
	g->n = 0;
}

void
gauge_add(struct gauge *g, double at, unsigned long long done)
{
	size_t i, back, before;
	double seconds;

	if (g->n > 0 && done < g->done[(g->n - 1) % GAUGE_POINTS])
		gauge_reset(g);
	i = g->n % GAUGE_POINTS;
	g->at[i] = at;
	g->done[i] = done;
	back = g->n < OVER ? g->n : OVER;
	before = (g->n - back) % GAUGE_POINTS;
	seconds = at - g->at[before];
	g->rate[i] = seconds > 0 ?
	    (double)(done - g->done[before]) / seconds :
	    g->n < OVER ? -1 : 0;
	g->n++;
}

double
gauge_rate(const struct gauge *g)
{
	return g->n > 1 ? g->rate[(g->n - 1) % GAUGE_POINTS] : -1;
}

/* Of so many, the first that is drawn; the first look has no rate. */
static size_t
first_of(const struct gauge *g, size_t width)
{
	size_t most = width < GAUGE_POINTS ? width : GAUGE_POINTS - 1;

	return g->n > most + 1 ? g->n - most : 1;
}

double
gauge_most(const struct gauge *g, size_t width)
{
	double most = 0;
	size_t i;

	for (i = first_of(g, width); i < g->n; i++)
		if (g->rate[i % GAUGE_POINTS] > most)
			most = g->rate[i % GAUGE_POINTS];
	return most;
}

void
gauge_chart(struct str *out, const struct gauge *g, size_t width, bool utf8)
{
	static const char *const block[] = { " ", "\xe2\x96\x81",
	    "\xe2\x96\x82", "\xe2\x96\x83", "\xe2\x96\x84", "\xe2\x96\x85",
	    "\xe2\x96\x86", "\xe2\x96\x87", "\xe2\x96\x88" };
	static const char *const plain[] = { " ", "_", ".", "-", ":", "=",
	    "+", "*", "#" };
	double most = gauge_most(g, width), share;
	size_t i, level;

	for (i = first_of(g, width); i < g->n; i++) {
		share = most > 0 ? g->rate[i % GAUGE_POINTS] / most : 0;
		level = share > 0 ? 1 + (size_t)(share * (LEVELS - 1) + 0.5) :
		    0;
		str_addz(out, utf8 ? block[level] : plain[level]);
	}
}

void
gauge_bar(struct str *out, double share, size_t width, bool utf8)
{
	size_t i, full = share > 0 ? (size_t)(share * (double)width + 0.5) : 0;

	for (i = 0; i < width; i++)
		str_addz(out, i < full ? utf8 ? "\xe2\x96\x88" : "#" :
		    utf8 ? "\xe2\x96\x91" : "-");
}
