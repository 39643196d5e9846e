#ifndef AMEND_H
#define AMEND_H

#include <stdbool.h>

#include "base/str.h"
#include "model/bound.h"
#include "model/plan.h"

/*
 * Putting right, in the table that triggers keep in step, the rows of a chunk
 * that differ.  After the swap that is the old table, which may have what the
 * other has not: columns that the ALTER has dropped, and values that it holds
 * only in part.  Rows of it that are taken out and copied again would lose
 * these.  p has same_ranges.
 */
bool amend_has_more(const struct plan *p);

/* DELETE of rows that the other table does not have, in a session that uses the
 * schema.  Those that it lacks are for sql_copy(). */
void amend_delete(struct str *q, const struct plan *p,
    const struct bound *after, const struct bound *upto);

/* UPDATE of those that differ. */
void amend_update(struct str *q, const struct plan *p,
    const struct bound *after, const struct bound *upto);

#endif
