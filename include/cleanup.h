#ifndef CLEANUP_H
#define CLEANUP_H

#include "base/err.h"
#include "base/str.h"
#include "cli/config.h"
#include "migrate.h"

/*
 * livealter cleanup: take away what a migration that died has left, its row
 * in the registry last; or, when it died after the swap, finish it.  With
 * --dry-run only say what would be done.  Returns 0, also when there is
 * nothing to do; or -1 with *e: ERR_BUSY when the migration is alive.
 */
int cleanup_run(struct config *cfg, struct err *e);

/*
 * A part of it: fill the ledger, make the row ours, and do what must be done
 * before the ledger is run.
 */
int cleanup_prepare(struct migration *m, struct err *e);

/*
 * Another: what a cut-over that died has left to be done, forwards or back.
 * The row must be ours.  First: is there any?  1, 0, or -1 with *e.
 */
int cleanup_unsettled(struct migration *m, struct err *e);
int cleanup_settle(struct migration *m, struct err *e);

/*
 * For status: the statements of that, as a list of record_add(), of which none
 * is run.  The migration whose row r is may be any that is dead.
 */
int cleanup_owed(struct str *list, struct db *db, const struct server *s,
    const struct qname *table, const struct record *r, struct err *e);

#endif
