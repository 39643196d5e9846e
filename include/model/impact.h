#ifndef IMPACT_H
#define IMPACT_H

#include "base/summary.h"
#include "model/alter.h"
#include "model/table.h"

/* What becomes of a column of the old table; NULL: it is dropped. */
const struct column *impact_becomes(const struct table *new,
    const struct alter *a, const struct column *from);

/* Add what applications may meet in columns that change. */
void impact_columns(struct summary_list *l, const struct table *old,
    const struct table *new, const struct alter *a);

/*
 * Add the indexes of the new table whose columns begin another one's, and
 * foreign keys whose columns begin none.
 */
void impact_indexes(struct summary_list *l, const struct table *new,
    const struct fkeys *f);

#endif
