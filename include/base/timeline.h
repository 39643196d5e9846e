#ifndef TIMELINE_H
#define TIMELINE_H

#include <stdbool.h>
#include <stddef.h>

#define TIMELINE_POINTS	240
#define TIMELINE_SERIES	24	/* at most; others are left out */

/* One figure over time, in points that are all as wide. */
struct timeline_series {
	char *chart, *name;	/* what it is shown with, and what it is */
	bool rate;		/* amounts a second; else values */
	double limit;		/* below 0: none */
	double sum[TIMELINE_POINTS], weight[TIMELINE_POINTS];
	double first, last;	/* seconds; of what it has */
};

/*
 * Figures of a run, however long it is: when it outgrows the points, each two
 * of them become one.
 */
struct timeline {
	double width;		/* seconds of a point; 0: it is empty */
	double end;		/* seconds; what was noted last */
	struct timeline_series *series;
	size_t n;
};

/* A value at that time, in seconds since the beginning. */
void timeline_value(struct timeline *t, const char *chart, const char *name,
    double at, double value, double limit);

/* An amount that came about evenly between two times. */
void timeline_amount(struct timeline *t, const char *chart, const char *name,
    double from, double to, double amount);

/* It has come so far, without anything to note. */
void timeline_reach(struct timeline *t, double at);

/* What it was at a point, by t's width; false: it is not known. */
bool timeline_at(const struct timeline *t, const struct timeline_series *s,
    size_t point, double *value);

void timeline_free(struct timeline *t);

#endif
