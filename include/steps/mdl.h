#ifndef MDL_H
#define MDL_H

#include "base/err.h"
#include "base/ident.h"
#include "cli/config.h"
#include "server/db.h"
#include "server/server.h"

/*
 * Statements that need a live table's metadata lock for themselves: CREATE
 * and DROP TRIGGER, RENAME.  Whoever waits for that lock makes everybody
 * else wait behind him, so they never wait longer than a second at a time,
 * and as long as they can they do not wait at all.
 */

/*
 * Run one.  Returns 0, or -1 with *e: the server's error, ERR_STOPPED, or
 * ERR_LOST (then it may have happened or not).
 */
int mdl_run(struct db *db, const struct server *s, const struct qname *table,
    const struct tries *tries, const char *sql, struct err *e);

/*
 * Take the lock for several statements, which then run by db_run(); nothing
 * but the table can be used until mdl_release().  Be quick.
 */
int mdl_hold(struct db *db, const struct server *s, const struct qname *table,
    const struct tries *tries, struct err *e);
int mdl_release(struct db *db, struct err *e);

#endif
