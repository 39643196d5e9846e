#ifndef WIDTH_H
#define WIDTH_H

#include "base/str.h"
#include "model/table.h"

/*
 * About how many bytes a row takes: SQL for the sum of its columns, and for the
 * entries of its secondary indexes ("0" without one).
 */
void width_row(struct str *q, const struct table *t);
void width_indexes(struct str *q, const struct table *t);

#endif
