#ifndef VALUE_H
#define VALUE_H

#include "base/str.h"
#include "model/plan.h"

/*
 * The value that a column of the new table gets from the row NEW or OLD, or,
 * with NULL, from the row of a SELECT.
 */
void value_render(struct str *q, const struct plan *p, const struct pair *pr,
    const char *row);

/* All of them, with commas between; the columns that they are for; and the
 * INSERT of a trigger up to what gives them. */
void value_list(struct str *q, const struct plan *p, const char *row);
void value_columns(struct str *q, const struct plan *p);
void value_insert_into(struct str *q, const struct plan *p);

#endif
