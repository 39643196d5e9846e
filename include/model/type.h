#ifndef TYPE_H
#define TYPE_H

#include <stdbool.h>

#include "model/table.h"

/* What kind of type a column has. */

/* Is it that one, as in "varchar"? */
bool type_is(const struct column *c, const char *data_type);

bool type_is_integer(const struct column *c);

/* Values that may be larger than a packet: hashed before they are joined. */
bool type_is_large(const struct column *c);

/* Integers and DECIMAL, but not YEAR. */
bool type_is_exact(const struct column *c);

/* Texts, ENUM and SET. */
bool type_is_string(const struct column *c);

/* Integers, BIT and YEAR. */
bool type_counts(const struct column *c);

/* Are both a TIME, or neither? */
bool type_same_clock(const struct column *from, const struct column *to);

/* Is the column a TIMESTAMP? */
bool type_is_moment(const struct column *c);

#endif
