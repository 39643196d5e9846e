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

/* Does it make dates out of something else? */
bool convert_dates(const struct column *from, const struct column *to);

/*
 * The value to be stored in the new column, so that it comes out as ALTER
 * TABLE, which copies from field to field, would make it: numbers become
 * texts with all their zeros, and a FLOAT with the digits it shows.  (An
 * INSERT ... SELECT and a trigger go by way of BIGINT or DOUBLE.)
 */
void convert_value(struct str *q, const struct column *from,
    const struct column *to, const char *ref);

/* Is there no expression that converts as ALTER TABLE does?  It makes a BIT of
 * the number in a text, of which an INSERT takes the bytes; and of documents
 * and geometries an INSERT makes other values. */
bool convert_refused(const struct column *from, const struct column *to);

/* Is a note of the server's all that an INSERT says of a text that is cut off?
 * MySQL's ALTER TABLE refuses "1,2" for a DECIMAL. */
bool convert_cuts(const struct column *from, const struct column *to);

/*
 * Are two values equal after the conversion just when they were before?  So
 * are numbers that keep their digits (one that does not fit stops the run),
 * and texts of the same collation, or compared by bytes before and after.
 */
bool convert_distinct(const struct column *from, const struct column *to);

/* Is the old value got back when the new one is converted back?  Then it is
 * in the new table, all of it. */
bool convert_returns(const struct column *from, const struct column *to);

/* And does their order stay the same, and literals of one fit the other? */
bool convert_ordered(const struct column *from, const struct column *to);

/*
 * The value that the new column has, to be compared with it by "=" and its
 * index; ref is the old one by the new one's clock (time_zone.h).  False when
 * that cannot be expressed; nothing is added then.
 */
bool convert_key(struct str *q, const struct column *from,
    const struct column *to, const char *ref);

/*
 * The value that ALTER TABLE gives to the rows there are when it adds a NOT
 * NULL column without a DEFAULT.  NULL for types that have none.
 */
const char *convert_filler(const struct column *c);

/* Is a literal of the old type converted just as a stored value is? */
bool convert_by_literal(const struct column *from, const struct column *to);

/*
 * An expression whose value is the column's value as a literal, such that the
 * literal stored in the same column is the same value.  False for types of
 * which that cannot be said, or whose values may be large.
 */
bool convert_literal(struct str *q, const struct column *c);

/* The value for people, for messages; row is NEW, OLD, o or n. */
void convert_text(struct str *q, const struct column *c, const char *row);

/* Does the server show that value just as convert_filler() writes it? */
bool convert_filler_reads(const struct column *c);

#endif
