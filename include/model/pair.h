#ifndef PAIR_H
#define PAIR_H

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
int pair_map(struct plan *p, const struct alter *a,
    const struct plan_wish *wish, struct err *e);

/* The same for the way back from p->new, by the pairs of p. */
void pair_reverse(struct plan *back, const struct plan *p,
    const struct alter *a, const struct plan_wish *wish);

/* What is written to a column of the new table, or computed in it as in the old
 * one; or what becomes of a column of the old one.  NULL: nothing. */
const struct pair *pair_to(const struct plan *p, const struct column *to);
const struct pair *pair_from(const struct plan *p,
    const struct column *from);

/* Is it new, and must have a value that nobody gives it? */
bool pair_lacks_value(const struct plan *p, const struct column *to);

/*
 * A column of the new table that may be assigned to itself: one of the key, or
 * where all of that is generated, another one.  An expression around a
 * TIMESTAMP would turn it into local time, and what has a way back of its own
 * is not assigned.
 */
const char *pair_assignable(const struct plan *p);

/*
 * The value that a column of the new table gets from the row NEW or OLD, or,
 * with NULL, from the row of a SELECT.
 */
void pair_value(struct str *q, const struct plan *p, const struct pair *pr,
    const char *row);

#endif
