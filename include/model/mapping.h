#ifndef MAPPING_H
#define MAPPING_H

#include <stdbool.h>

#include "base/err.h"
#include "model/alter.h"
#include "model/plan.h"

/*
 * Which column of the old table becomes which of the new one.
 */

/*
 * Sets p->pair and p->dropped, by comparing the two structures; the ALTER says
 * what is renamed and dropped.  Returns 0, or -1 with *e (ERR_REFUSED) when an
 * old column is unaccounted for.
 */
int mapping_make(struct plan *p, const struct alter *a,
    const struct plan_options *options, struct err *e);

/* The same for the way back from p->new, by the pairs of p. */
void mapping_reverse(struct plan *back, const struct plan *p,
    const struct alter *a, const struct plan_options *options);

/* Is it new, and must have a value that nobody gives it? */
bool mapping_lacks_value(const struct plan *p, const struct column *to);

#endif
