#ifndef PLANNER_H
#define PLANNER_H

#include "base/err.h"
#include "model/plan.h"

/* What a plan is made of. */
struct planner_input {
	const struct names *names;
	const struct table *old, *new;
	const struct alter *alter;
	const struct server *server;
	const struct plan_options *options;
};

/*
 * Decide everything.  Returns 0, or -1 with *e: ERR_NO_KEY, ERR_REFUSED when
 * a column is unaccounted for, ERR_USAGE for a --chunk-index that will not
 * do.  Keeps pointers to old, new, server and what the options point to;
 * planner_free() frees the rest.
 */
int planner_make(struct plan *p, const struct planner_input *in,
    struct err *e);
void planner_free(struct plan *p);

/*
 * The revert is taken: what belongs to the table goes with it, as in
 * planner_make().
 */
int planner_take(struct plan *back, const struct dependents *dependents,
    const struct alter *alter, struct err *e);

/*
 * Plan the revert, p->back: with it, what is written to the new table after
 * the swap is mirrored into the old one, and the two can be swapped again.
 * Columns that the ALTER drops get their DEFAULT there, or a filler (see
 * reverse.h); columns that it adds are its "dropped" ones.  Returns 0, or -1
 * with *e: ERR_NO_KEY, ERR_REFUSED.
 */
int planner_reverse(struct plan *p, const struct alter *alter,
    const struct plan_options *options, struct err *e);

#endif
