#ifndef INDEX_TRIAL_H
#define INDEX_TRIAL_H

#include "base/err.h"
#include "base/undo.h"
#include "cli/config.h"
#include "model/plan.h"
#include "server/db.h"

/*
 * Which indexes of the new table, which is still empty, can be built after the
 * copy: those of which the server itself says that it can add them while
 * others write, and after which the definition is what it was.  They are tried
 * on a table like it, then on the new table; then they are dropped from it,
 * and d is what is left to be done.  Where there are none, d->n is 0, d->why
 * says why, and the new table is as it was.
 *
 * The table like it stays, noted in the ledger as UNDO_TRY, unless there are
 * none.  Returns 0, or -1 with *e.
 */
int index_trial_run(struct deferral *d, struct db *db, const struct plan *p,
    const struct config *cfg, struct undo *undo, struct err *e);

/* Drop the table that remembers the definitions, and forget it in undo. */
int index_trial_forget(struct db *db, const struct deferral *d,
    struct undo *undo, struct err *e);

#endif
