#ifndef COMPUTED_H
#define COMPUTED_H

#include <stdbool.h>

#include "model/plan.h"

/*
 * Generated columns that have the same value in both tables, since both
 * servers' expressions and all that they read are the same.  No session assigns
 * them, but a row can be found by them.
 */

/*
 * Does the new table compute `to` as the old one computes `from`?  source has
 * a column of the old table, or NULL, for each of the new one; the columns
 * that are written are paired already.  Pure.
 *
 * An expression reads values, not definitions, so that columns may be renamed
 * and made wider.  What is computed by the clock of a session does not count.
 */
bool computed_alike(const struct plan *p, const struct column *const *source,
    const struct column *from, const struct column *to);

#endif
