#ifndef LOW_WATER_H
#define LOW_WATER_H

#include <stdbool.h>
#include <stddef.h>

#include "model/bound.h"

/*
 * How far a walk has come.  Chunks are handed out in the order of the key and
 * finished in any; the mark is the end of the last one before which every
 * other is finished.  Pure; whoever holds the baton may use it.
 */
struct low_water {
	struct place {
		struct bound upto;
		unsigned long long rows;
		bool done;
	} *place;			/* from the first unfinished one on */
	size_t n, cap;
	unsigned long long first;	/* the number of place[0] */
	struct bound mark;
	unsigned long long rows;	/* up to the mark */
};

#define LOW_WATER_INIT { NULL, 0, 0, 0, BOUND_INIT, 0 }

/* Begin at a mark instead of the beginning. */
void low_water_start(struct low_water *t, const struct bound *mark,
    unsigned long long rows);

/* A chunk that ends there is handed out.  Returns its number. */
unsigned long long low_water_add(struct low_water *t, const struct bound *upto);

/*
 * If this chunk were finished now, with so many rows, would the mark move?
 * Then *mark and *total say where to, and how many rows are before it.
 */
bool low_water_would_move(const struct low_water *t, unsigned long long number,
    unsigned long long rows, struct bound *mark, unsigned long long *total);

/* It is finished. */
void low_water_done(struct low_water *t, unsigned long long number,
    unsigned long long rows);

void low_water_free(struct low_water *t);

#endif
