#ifndef FOREIGN_KEYS_H
#define FOREIGN_KEYS_H

#include "base/err.h"
#include "base/undo.h"
#include "cli/config.h"
#include "model/alter.h"
#include "model/fkey.h"
#include "model/plan.h"
#include "server/db.h"
#include "steps/interruptible_query.h"

/*
 * Try on the empty new table, before anything else is made, what the cut-over
 * will do: the user's triggers, foreign keys like those of the children, on
 * empty tables like theirs, and those of the table to itself, on one like the
 * new table (but where a is NULL: the server alters those itself).  What native
 * ALTER would refuse or break is refused in the server's words (ERR_REFUSED).
 * Before that: under --trigger-definer a trigger on a table of its own, which
 * may need rights that this account has not (ERR_NEEDS).
 */
int foreign_keys_try(struct db *db, const struct plan *p,
    const struct alter *a, const struct config *cfg, struct undo *undo,
    struct err *e);

/*
 * Put the foreign keys that the ALTER adds on the new table, shortly before
 * the swap, and take them off again when there is none yet: as long as they
 * are there, a write to a parent that leaves a row without it fails.  Are they
 * there?  1, 0, or -1 with *e.
 */
int foreign_keys_add(struct db *db, const struct plan *p,
    const struct config *cfg, struct err *e);
int foreign_keys_has(struct db *db, const struct qname *shadow,
    const struct fkeys *added, struct err *e);
int foreign_keys_remove(struct db *db, const struct qname *shadow,
    const struct fkeys *added, const struct config *cfg, struct err *e);

/*
 * Do all rows have the parents that a foreign key asks for which the ALTER
 * adds?  First of the old table; and once more of the new one when it is
 * filled, because the copy is not checked.  ERR_REFUSED with examples, or
 * ERR_STOPPED.
 */
int foreign_keys_orphans(const struct plan *p, bool filled,
    const struct query_beat *beat, struct err *e);

#endif
