#ifndef REVERSE_H
#define REVERSE_H

#include <stdbool.h>

#include "base/err.h"
#include "base/str.h"
#include "model/plan.h"

/*
 * The revert: triggers on the new table that keep the old one in step after
 * the swap, so that the two can be swapped again.  Pure.
 */

/*
 * Can the old table be kept in step?  Not when a value cannot be converted
 * back; and only with accept_loss when a row that is new would have nothing in
 * a column that the ALTER drops.  Returns 0, or -1 with *e (ERR_REFUSED).
 */
int reverse_check(const struct plan *back, bool accept_loss, struct err *e);

/*
 * The old table keeps the foreign keys that the new one has as well, but could
 * not keep one that the ALTER drops; and what rules like ON DELETE CASCADE
 * write to the new table alone fires no triggers.  As reverse_check().
 */
int reverse_check_keys(const struct plan *forth, const struct alter *a,
    struct err *e);

/* Add the names of what the new table has and the old one has not, with
 * commas: it is lost in a revert. */
void reverse_lost(struct str *names, const struct plan *back);

/* Add the names of what the new table has not: rows that are written to it
 * have their DEFAULT in the old one, or nothing. */
void reverse_unfed(struct str *names, const struct plan *back);

/* Add the names of the old table's unique keys that rows of the new one may
 * violate. */
void reverse_narrow(struct str *names, const struct plan *back);

#endif
