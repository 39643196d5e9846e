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

#endif
