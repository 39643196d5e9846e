#ifndef APART_H
#define APART_H

#include <stdbool.h>

#include "base/err.h"
#include "base/str.h"
#include "model/alter.h"
#include "model/plan.h"
#include "model/table.h"
#include "server/server.h"

/*
 * Foreign keys of the table to itself which the new table is without until the
 * swap, so that deleting a row does not cascade into both tables.
 *
 * MySQL 9.6 and later, where it checks foreign keys above InnoDB, counts the
 * tables of a cascade, and loses count when a table references itself: it
 * subtracts one at each generation for which it has added none, and takes what
 * is below zero for more than 30 (error 6575; 9.7.0 to 9.7.4).  Without another
 * table that references this one nothing asks for the number.  So the trigger
 * for the row that is deleted does to the new table what the cascade does to
 * the old one.  Cascades fire no triggers, unless enable_cascade_triggers is
 * ON; then each finds its part done, and with a key of any kind to the table
 * that it fires for, it could not write to the new one at all (error 1442).
 *
 * The trigger follows the rows that the new table has.  Where the copy has not
 * come to one in the middle, the rows behind it stay until steps/sweep.h.
 */

/*
 * Is it done so?  Where the rows of the table are also deleted with those of
 * another one, no trigger fires, and the new table needs a key that acts.  So
 * it does where a column of one is generated.
 */
bool apart_wanted(const struct server *s, const struct table *old);

/* Was it done so?  The new table, of which one has the keys, has none. */
bool apart_is(const struct server *s, const struct table *old,
    const struct table *new);

/*
 * Fill p->apart and p->apart_new, when that is so, but for keys that go with
 * their columns; in a revert, forth is the plan that it leads back from.
 * Returns 0, or -1 with *e: ERR_REFUSED.
 */
int apart_find(struct plan *p, const struct plan *forth,
    const struct alter *a, struct err *e);

/* Does one delete rows, or set them NULL?  Else no trigger has to. */
bool apart_acts(const struct plan *p);

/* Add the statements of the trigger ON_DELETE. */
void apart_delete(struct str *q, const struct plan *p, const char *indent);

#define APART_FEW	10000

/*
 * Of rows of the new table that should be gone, or whose k-th key should be
 * NULL, at most APART_FEW: SELECT their key as literals.  False: k has no such.
 */
bool apart_find_stale(struct str *q, const struct plan *p, size_t k);

/* The statement for one of them; it waits for no lock of the old table. */
void apart_mend(struct str *q, const struct plan *p, size_t k,
    char *const *literal);

#endif
