#ifndef SETTLING_H
#define SETTLING_H

#include "base/err.h"
#include "base/str.h"
#include "model/registry_row.h"
#include "server/db.h"
#include "server/server.h"
#include "story/migration.h"

/*
 * Finishing what died, for cleanup, resume and revert: what a cut-over has left
 * to be done, forwards or back, and the ledger of what has to go.
 */

/* Make the row ours, do what must be done before the ledger is run, and fill
 * it.  Returns 0, or -1 with *e. */
int settling_prepare(struct migration *m, struct err *e);

/*
 * What a cut-over that died has left to be done.  The row must be ours.  First:
 * is there any?  1, 0, or -1 with *e.
 */
int settling_is_due(struct migration *m, struct err *e);
int settling_run(struct migration *m, struct err *e);

/*
 * For status: the statements of that, as a list of text_list_add(), of which
 * none is run.  The migration whose row r is may be any that is dead.
 */
int settling_owed(struct str *list, struct db *db, const struct qname *table,
    const struct registry_row *r, struct err *e);

/* Fill the ledger only, for --dry-run, and print all that would be done. */
int settling_ledger(struct migration *m, struct err *e);
int settling_print(struct migration *m, struct err *e);

#endif
