#ifndef FLIP_H
#define FLIP_H

#include "base/err.h"
#include "base/undo.h"
#include "cli/config.h"
#include "model/plan.h"
#include "server/db.h"

/*
 * A swap after which the triggers mirror the other way: not one write may come
 * between the old direction's last and the new one's first.
 */

/*
 * Say what the revert keeps, and what it does not.  Returns 0, or -1 with *e
 * (ERR_REVERSE) when the names of its triggers are taken.
 */
int flip_plan(struct db *db, const struct plan *p, struct err *e);

/*
 * Create the table in which the revert notes what the old table could not
 * hold.  Returns 0, or -1 with *e (ERR_REVERSE).
 */
int flip_prepare(struct db *db, const struct plan *p, struct undo *undo,
    struct err *e);

#endif
