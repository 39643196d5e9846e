#ifndef ROAD_H
#define ROAD_H

#include <stdbool.h>
#include <stddef.h>

/*
 * How long questions to a server and its answers are on their way, in seconds.
 * To a server that is far away that may be longer than the work itself, and
 * says nothing about it.
 */
#define ROAD_PINGS 4

struct road {
	double ping[ROAD_PINGS];	/* the last ones */
	size_t n;			/* so many there have been */
	double asked;			/* when the last one was */
	double spent;			/* on the way, until now */
};

/* Is it time to ask for an answer that the server has at once? */
bool road_is_due(const struct road *r, double now);

/* It took so long. */
void road_pinged(struct road *r, double now, double seconds);

/*
 * An answer came so long after its question: of that they were on their way for
 * as long as the last pings were, but for the longest of them.
 */
void road_travelled(struct road *r, double seconds);

#endif
