#ifndef TRAIL_H
#define TRAIL_H

#include <stdbool.h>
#include <stddef.h>

#include "model/bound.h"

/*
 * How far a walk has come.  Chunks are handed out in the order of the key and
 * finished in any; the mark is the end of the last one before which every
 * other is finished.  Pure; whoever holds the baton may use it.
 */
struct trail {
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

#define TRAIL_INIT { NULL, 0, 0, 0, BOUND_INIT, 0 }

/* Begin at a mark instead of the beginning. */
void trail_start(struct trail *t, const struct bound *mark,
    unsigned long long rows);

/* A chunk that ends there is handed out.  Returns its number. */
unsigned long long trail_add(struct trail *t, const struct bound *upto);

/*
 * If this chunk were finished now, with so many rows, would the mark move?
 * Then *mark and *total say where to, and how many rows are before it.
 */
bool trail_would_move(const struct trail *t, unsigned long long number,
    unsigned long long rows, struct bound *mark, unsigned long long *total);

/* It is finished. */
void trail_done(struct trail *t, unsigned long long number,
    unsigned long long rows);

void trail_free(struct trail *t);

#endif
