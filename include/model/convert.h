#ifndef CONVERT_H
#define CONVERT_H

#include <stdbool.h>

#include "base/str.h"
#include "model/table.h"

/*
 * What becomes of a column's value when its definition changes, as SQL.
 * Pure.  Expressions are put around ref, the column as the statement calls
 * it: `a`, NEW.`a`, o.`a`.
 */

/* Are values stored the same way, byte for byte? */
bool convert_same(const struct column *from, const struct column *to);

/* Does the conversion depend on the session's time_zone? */
bool convert_zoned(const struct column *from, const struct column *to);

/* Does it make dates out of something else? */
bool convert_dates(const struct column *from, const struct column *to);

/*
 * The old value in a form that can be compared with the new column by "=",
 * with the new column's collation and using its index.
 */
void convert_key(struct str *q, const struct column *from,
    const struct column *to, const char *ref);

/*
 * The value as it goes into the checksum: of the old column, converted as
 * the ALTER converts it, or of the new one.  Two equal rows give the same
 * bytes on both sides.  False when that cannot be expressed; nothing is
 * added then.
 */
bool convert_sum_old(struct str *q, const struct column *from,
    const struct column *to, const char *ref);
bool convert_sum_new(struct str *q, const struct column *from,
    const struct column *to, const char *ref);

/*
 * The value that ALTER TABLE gives to the rows there are when it adds a NOT
 * NULL column without a DEFAULT.  NULL for types that have none.
 */
const char *convert_filler(const struct column *c);

#endif
