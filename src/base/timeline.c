#include "base/timeline.h"

#include <stdlib.h>
#include <string.h>

#include "base/util.h"

#define NARROWEST	0.5	/* seconds */
#define MOST		1e9	/* seconds: 31 years */

static void
halve(double *points)
{
	size_t i;

	for (i = 0; i < TIMELINE_POINTS / 2; i++)
		points[i] = points[2 * i] + points[2 * i + 1];
	for (; i < TIMELINE_POINTS; i++)
		points[i] = 0;
}

void
timeline_reach(struct timeline *t, double at)
{
	size_t i;

	if (!(t->width > 0))
		t->width = NARROWEST;
	if (!(at > t->end) || at > MOST)
		return;
	t->end = at;
	while (at >= t->width * TIMELINE_POINTS) {
		t->width *= 2;
		for (i = 0; i < t->n; i++) {
			halve(t->series[i].sum);
			halve(t->series[i].weight);
		}
	}
}

static struct timeline_series *
find(struct timeline *t, const char *chart, const char *name)
{
	struct timeline_series *s;
	size_t i;

	for (i = 0; i < t->n; i++)
		if (strcmp(t->series[i].chart, chart) == 0 &&
		    strcmp(t->series[i].name, name) == 0)
			return &t->series[i];
	if (t->n == TIMELINE_SERIES)
		return NULL;
	t->series = xrealloc(t->series, t->n + 1, sizeof(*t->series));
	s = &t->series[t->n++];
	memset(s, 0, sizeof(*s));
	s->chart = xstrdup(chart);
	s->name = xstrdup(name);
	s->limit = s->first = -1;
	return s;
}

static size_t
point_at(const struct timeline *t, double at)
{
	size_t i = at > 0 ? (size_t)(at / t->width) : 0;

	return i < TIMELINE_POINTS ? i : TIMELINE_POINTS - 1;
}

static void
span(struct timeline_series *s, double from, double to)
{
	if (s->first < 0)
		s->first = from;
	s->last = to;
}

void
timeline_value(struct timeline *t, const char *chart, const char *name,
    double at, double value, double limit)
{
	struct timeline_series *s = find(t, chart, name);
	size_t i;

	timeline_reach(t, at);
	if (s == NULL)
		return;
	i = point_at(t, at);
	s->sum[i] += value;
	s->weight[i] += 1;
	s->limit = limit;
	span(s, at, at);
}

void
timeline_amount(struct timeline *t, const char *chart, const char *name,
    double from, double to, double amount)
{
	struct timeline_series *s = find(t, chart, name);
	double lo, hi;
	size_t i;

	timeline_reach(t, to);
	if (s == NULL || !(to > from))
		return;
	s->rate = true;
	for (i = point_at(t, from); i <= point_at(t, to); i++) {
		lo = (double)i * t->width;
		hi = lo + t->width;
		lo = lo > from ? lo : from;
		hi = hi < to ? hi : to;
		if (hi > lo) {
			s->sum[i] += amount * (hi - lo) / (to - from);
			s->weight[i] += hi - lo;
		}
	}
	span(s, from, to);
}

bool
timeline_at(const struct timeline *t, const struct timeline_series *s,
    size_t point, double *value)
{
	if (t->width > 0 && s->weight[point] > 0) {
		*value = s->sum[point] / s->weight[point];
		return true;
	}
	return false;
}

void
timeline_free(struct timeline *t)
{
	size_t i;

	for (i = 0; i < t->n; i++) {
		free(t->series[i].chart);
		free(t->series[i].name);
	}
	free(t->series);
	*t = (struct timeline){ .width = 0 };
}
