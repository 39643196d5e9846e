#ifndef ALREADY_H
#define ALREADY_H

#include <stdbool.h>

#include "model/alter.h"
#include "model/structure.h"
#include "model/table.h"
#include "server/server.h"

/*
 * Was this ALTER applied before?  (--idempotent)
 *
 * One that the server takes is so if it leaves the structure as it is, and is
 * not there for the rows.  One that it refuses is rewritten
 * (model/repeatable.h), and the server tells of that.
 */

/*
 * Is it there for the rows: does it rebuild the table, or drop or rename a
 * column that is there?  Then the structure tells nothing.  Taken: the server
 * takes it as it is, so that REORGANIZE PARTITION does what it says.
 */
bool already_rebuilds(const struct alter *a, const struct server *s,
    bool taken);
bool already_moves(const struct alter *a, const struct table *t);

/*
 * Is the structure what it was, as far as this ALTER is concerned?  Both are of
 * the new table, where constraints have other names (steps/shadow.h).  Twins:
 * as structure_same(), for a text that was rewritten.
 */
bool already_same(const struct structure *was, struct structure *is,
    const struct alter *a, bool twins);

#endif
