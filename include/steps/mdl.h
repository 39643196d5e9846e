#ifndef MDL_H
#define MDL_H

#include <stddef.h>

#include "base/err.h"
#include "base/ident.h"
#include "base/str.h"
#include "cli/config.h"
#include "model/fkey.h"
#include "server/db.h"
#include "server/server.h"
#include "steps/mdl_set.h"

/*
 * Statements that need a live table's metadata lock for themselves: CREATE
 * and DROP TRIGGER, RENAME.  A session that waits for that lock makes all
 * others wait behind it, so these never wait longer than a second at a time,
 * and as long as they can they do not wait at all.
 */

/*
 * Run one.  Returns 0; 1 when the gate was found shut, and nothing happened;
 * or -1 with *e: the server's error; ERR_SQL without a number when the locks
 * were not to be had in so many tries; ERR_LIMIT, not by the deadline;
 * ERR_STOPPED; or ERR_LOST (then it may have happened or not).  What is in
 * the way is named, or killed: see steps/blocker.h.
 */
int mdl_run(struct db *db, const struct mdl_set *set, const struct tries *tries,
    const char *sql, struct err *e);

/*
 * The same for a statement on one table with foreign keys: MySQL locks their
 * parents, too, when a key is added or dropped or the table is (manual,
 * "FOREIGN KEY Constraints", "Locking").
 */
int mdl_run_with_parents(struct db *db, const struct qname *table,
    const struct fkeys *f, const struct tries *tries, const char *sql,
    struct err *e);

/*
 * Take the locks, as mdl_run(), for several statements, which then run by
 * db_run(); nothing but these tables can be used until mdl_release().  Be
 * quick.
 */
int mdl_hold(struct db *db, const struct mdl_set *set,
    const struct tries *tries, struct err *e);

/* The statement by which it takes them. */
void mdl_lock_text(struct str *q, const struct mdl_set *set);

/*
 * With the lock of a table held for writing, before its triggers are touched:
 * open it anew, on MariaDB (10.11), whose table cache may hold it with triggers
 * that were parsed half.  Two things leave it so:
 *
 * - A statement or connection that is killed while it opens the table.
 * - CREATE TRIGGER that fails while the table is locked.  The server closes the
 *   table and opens it again with that error standing; then its parser gives up
 *   at many a construct, such as a decimal number (1.5, 0e0), AND, OR.  Where a
 *   CHECK, DEFAULT or generated column has one, the table is no longer among
 *   those that are locked (1100).
 *
 * The session that gets such a table next is told of errors in the triggers'
 * bodies (1064, with garbage for a text), also by CREATE TRIGGER IF NOT EXISTS.
 * What it writes when it creates or drops a trigger is wrong: DROP TRIGGER IF
 * EXISTS takes it for an orphan (warning 4181) and removes its .TRN file only;
 * from then on the trigger fires, and cannot be dropped (1360).
 *
 * FLUSH TABLES mends it and fails early without RELOAD.  Of the statements for
 * which ALTER is enough, this form of ALTER TABLE is one that opens the table
 * anew and changes nothing; most that do nothing do not.
 * Returns 0, or -1 with *e: ERR_LOST.
 */
int mdl_reopen(struct db *db, const struct qname *table, struct err *e);

/* A statement ended by an error that such a table gives: add that as a hint. */
void mdl_explain(const struct server *s, const struct qname *table,
    struct err *e);

/*
 * Let go, with what has come of it: returns rc; or, where that is 0 and this
 * fails, -1 with *e.
 */
int mdl_release(struct db *db, int rc, struct err *e);

#endif
