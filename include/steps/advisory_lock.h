#ifndef ADVISORY_LOCK_H
#define ADVISORY_LOCK_H

#include "base/err.h"
#include "base/ident.h"
#include "base/str.h"
#include "server/db.h"
#include "server/server.h"

/*
 * Keep every other livealter off this table, from whatever host, with a
 * named lock of the server's (GET_LOCK).  It lasts as long as the connection,
 * and is taken again with it.  Returns 0, or -1 with *e: ERR_BUSY.
 */
int advisory_lock_take(struct db *db, const struct qname *table, struct err *e);

/* The literal of its name. */
void advisory_lock_name(struct str *q, struct db *db,
    const struct qname *table);

/*
 * The literal of another lock's name: the session that has it is at a swap that
 * goes on without its client.  advisory_lock_take() waits for it.
 */
void advisory_lock_swap_name(struct str *q, struct db *db,
    const struct qname *table);

/* Another one's: the session that has it has not parked the new table yet. */
void advisory_lock_park_name(struct str *q, struct db *db,
    const struct qname *table);

/* Who has the lock: the id of a connection, to be freed, or NULL. */
int advisory_lock_holder(struct db *db, const struct qname *table, char **who,
    struct err *e);

/*
 * Is the lock still ours?  Asked now and then, it also keeps an idle
 * connection from being closed on the way.  A connection that broke is made
 * anew (see server_reconnect()), and the lock taken with it: then 1.  -1 with
 * *e: ERR_LOST, or ERR_BUSY when somebody else was quicker.
 */
int advisory_lock_keep(struct db *db, const struct qname *table, struct err *e);

/*
 * Take it again, on a connection that was made anew; was is the id of the one
 * that had it, which is ended if it still has.  ERR_BUSY as above.
 */
int advisory_lock_again(struct db *db, const struct qname *table,
    unsigned long was, struct err *e);

#endif
