#ifndef CAST_H
#define CAST_H

#include <stdbool.h>

#include "base/str.h"
#include "model/table.h"

/* Values cast as a column would have them, as SQL. */

/* A DECIMAL of the column's precision. */
void cast_decimal(struct str *q, const struct column *to, const char *ref);

/* DATETIME and TIMESTAMP of another precision, or one made of the other; what
 * is not old is the new value, and stays. */
void cast_moment(struct str *q, const struct column *from,
    const struct column *to, const char *ref, bool old);

/* A FLOAT or DOUBLE, with as many digits as the column keeps, if it says so. */
void cast_double(struct str *q, const struct column *to, const char *ref);

#endif
