#ifndef PURGE_H
#define PURGE_H

#include <stdbool.h>

#include "base/err.h"
#include "base/ident.h"
#include "base/undo.h"
#include "story/migration.h"

/*
 * --purge-old-table: the rows of a table that is not wanted any more are
 * deleted chunk by chunk before it is dropped, as load, replicas and the
 * operator allow.  The DROP of a large table stalls the server, and each
 * replica, until all of its pages have left the buffer pool.
 */

/* Is what the ledger has there to be purged before it goes? */
bool purge_is_wanted(const struct migration *m, enum undo_what what);

/*
 * Purge it.  Returns 0; or -1 with *e (ERR_LEFT), and m->unpurged: it stays
 * with the rows that are left, and cleanup goes on with it.
 */
int purge_run(struct migration *m, const struct qname *table, struct err *e);

#endif
