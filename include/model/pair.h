#ifndef PAIR_H
#define PAIR_H

#include "base/str.h"
#include "model/plan.h"

/*
 * The columns that were paired, see mapping.h.
 */

/* What is written to a column of the new table, or computed in it as in the old
 * one; or what becomes of a column of the old one.  NULL: nothing. */
const struct pair *pair_to(const struct plan *p, const struct column *to);
const struct pair *pair_from(const struct plan *p,
    const struct column *from);

/* A column of the row NEW, OLD, o or n: n.`size`; or, with NULL, by itself. */
void pair_ref(struct str *q, const char *row, const struct column *c);

/*
 * A column of the new table that may be assigned to itself: one of the key, or
 * where all of that is generated, another one.  An expression around a
 * TIMESTAMP would turn it into local time, and what has a revert of its own
 * is not assigned.
 */
const char *pair_assignable(const struct plan *p);

#endif
