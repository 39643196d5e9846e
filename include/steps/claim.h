#ifndef CLAIM_H
#define CLAIM_H

#include "base/err.h"
#include "base/ident.h"
#include "server/db.h"

/*
 * Keep every other livealter off this table, from whatever host, with a
 * named lock of the server's (GET_LOCK).  It lasts as long as the connection,
 * and is taken again with it.  Returns 0, or -1 with *e: ERR_BUSY.
 */
int claim_take(struct db *db, const struct qname *table, struct err *e);

/*
 * Is the lock still ours?  Asked now and then, it also keeps an idle
 * connection from being closed on the way.  A connection that broke is made
 * anew, and the lock taken with it.  -1 with *e: ERR_LOST, or ERR_BUSY when
 * somebody else was quicker.
 */
int claim_keep(struct db *db, const struct qname *table, struct err *e);

#endif
