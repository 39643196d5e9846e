#ifndef ROW_CHECKSUM_H
#define ROW_CHECKSUM_H

#include <stdbool.h>

#include "base/str.h"
#include "model/plan.h"

/*
 * The checksum of a row, as an expression: 64 bits or more that are the same
 * for a row of the old table, its values converted as the ALTER converts them,
 * and for that of the new one which it becomes.  row is the table's alias, or
 * NULL.
 */
void row_checksum_add(struct str *q, const struct plan *p, bool old,
    const char *row);

/* Those of all rows of a query, whatever their order, as one number or text. */
void row_checksum_join(struct str *q, const struct plan *p, bool old,
    const char *row);

/* The bytes that a pair of columns adds to it, other ones for other values. */
void row_checksum_value(struct str *q, const struct plan *p,
    const struct pair *pair, bool old, const char *row);

#endif
