#ifndef MAPPING_H
#define MAPPING_H

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

/* The same for the revert from p->new, by the pairs of p. */
void mapping_reverse(struct plan *back, const struct plan *p,
    const struct alter *a, const struct plan_options *options);

/* The first new column that must have a value, and that no statement gives
 * one; or NULL. */
const struct column *mapping_unfilled(const struct plan *p);

/* The first pair whose values we cannot convert as ALTER TABLE would; or
 * NULL. */
const struct pair *mapping_unconverted(const struct plan *p);

#endif
