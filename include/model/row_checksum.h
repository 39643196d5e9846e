#ifndef ROW_CHECKSUM_H
#define ROW_CHECKSUM_H

#include <stdbool.h>

#include "base/str.h"
#include "model/plan.h"

/*
 * The checksum of a row, as an expression: 64 bits that are the same for a row
 * of the old table, its values converted as the ALTER converts them, and for
 * that of the new one which it becomes.  row is the table's alias, or NULL.
 */
void row_checksum_add(struct str *q, const struct plan *p, bool old,
    const char *row);

/* What a pair of columns adds to it: what follows the separator of a
 * CONCAT_WS(). */
void row_checksum_part(struct str *q, const struct plan *p,
    const struct pair *pair, bool old, const char *row);

#endif
