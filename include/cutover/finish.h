#ifndef FINISH_H
#define FINISH_H

#include "base/err.h"
#include "base/undo.h"
#include "cli/config.h"
#include "model/plan.h"
#include "server/db.h"
#include "server/server.h"
#include "steps/mdl.h"

/*
 * What is left of a cut-over when the tables were renamed, or when they were
 * not and what had been handed over has to come back.
 */

/*
 * The tables that a cut-over locks, with other in place of the table that t is
 * renamed from or to; into *set, whose table is returned, to be freed.
 */
const struct qname **finish_tables(const struct plan *p,
    const struct qname *other, struct mdl_set *set);

/*
 * MariaDB: the names and texts that no session waits for, under a lock once
 * more.  A connection that is killed meanwhile is replaced by one that was
 * waiting behind it; the application is not let in between.  Returns 0; or -1
 * with *e, and then finish_run() is to be called.
 */
int finish_names(struct db *db, const struct plan *p,
    const struct config *cfg, struct undo *undo, struct err *e);

/*
 * What the ledger says is left to do (UNDO_FINISH, or UNDO_RESTORE), whoever
 * had begun with it.  ERR_FKEYS when the server refuses.
 */
int finish_run(struct db *db, const struct plan *p, const struct config *cfg,
    struct undo *undo, struct err *e);

/*
 * MariaDB renames a new table that has been handed something before the swap;
 * back to its name, if it has the other one.
 */
int finish_unpark(struct db *db, const struct names *n,
    const struct tries *tries, struct err *e);

#endif
