#ifndef GAUGE_H
#define GAUGE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

#define GAUGE_POINTS 240

/* How fast something is, by how far it was at each look: pictures of it, of
 * block characters, or of such of ASCII. */
struct gauge {
	double at[GAUGE_POINTS];	/* seconds; the latest, in a ring */
	unsigned long long done[GAUGE_POINTS];
	double rate[GAUGE_POINTS];	/* a second, over some looks; below 0:
					   not known */
	size_t n;			/* looks, from the beginning */
};

/* Forget all looks. */
void gauge_reset(struct gauge *g);

/* It is so far at that time, which may be the same for some looks, where
 * nothing new is known; less than before begins anew. */
void gauge_add(struct gauge *g, double at, unsigned long long done);

/* The last rate; below 0: not known. */
double gauge_rate(const struct gauge *g);

/* The highest of those that are drawn at this width. */
double gauge_most(const struct gauge *g, size_t width);

/* Add a character for each of the last rates, so many at most. */
void gauge_chart(struct str *out, const struct gauge *g, size_t width,
    bool utf8);

/* Add a bar of that width, of which a share (0 to 1) is full. */
void gauge_bar(struct str *out, double share, size_t width, bool utf8);

#endif
