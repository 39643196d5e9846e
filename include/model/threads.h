#ifndef THREADS_H
#define THREADS_H

#include "base/str.h"
#include "model/plan.h"

/*
 * How many workers a plan has: so many as are asked for; or, when that is 0, by
 * what the server is.
 *
 * - Where INSERT ... SELECT holds the AUTO-INC lock, one of them inserts while
 *   another compares: two have enough to do.
 * - Else half of the cores, but at least two, of which one works while the
 *   other waits for an answer, and at most four.
 * - Two, where it is not known how many cores there are.
 *
 * For the planner, once it has decided the rest.
 */
void threads_choose(struct plan *p, unsigned int asked);

/* "2, as ...", for people. */
void threads_describe(struct str *out, const struct plan *p);

#endif
