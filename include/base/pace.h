#ifndef PACE_H
#define PACE_H

#include <stdbool.h>

/*
 * How many rows a chunk should have, so that it takes the time it should, or
 * less: where chunks take now more, now less, an application waits for the
 * longest.  So it is the mean and three deviations that come to that time; both
 * decay, and the last chunk weighs a quarter.
 */
struct pace {
	bool adapts;
	double target;			/* seconds */
	double cost;			/* seconds a row; 0: not known yet */
	double spread;			/* and by how much more or less */
	unsigned long long rows;	/* of the next chunk */
};

#define PACE_MOST 50000ULL		/* rows in one chunk, at the most */

void pace_init(struct pace *p, bool adapts, double target,
    unsigned long long first);

/* From now on aim for this; 0: never adapt. */
void pace_aim(struct pace *p, double target);

unsigned long long pace_rows(const struct pace *p);

/* A chunk of so many rows took so long. */
void pace_note(struct pace *p, unsigned long long rows, double seconds);

/* A chunk met a lock, or was too big: the next one is half as large. */
void pace_shrink(struct pace *p);

#endif
