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

/*
 * Statements that need a live table's metadata lock for themselves: CREATE
 * and DROP TRIGGER, RENAME.  Whoever waits for that lock makes everybody
 * else wait behind him, so they never wait longer than a second at a time,
 * and as long as they can they do not wait at all.
 */

/*
 * Asked before each try: 1 go on, 0 not now, -1 with *e.  A try takes up to
 * nine seconds.
 */
struct mdl_gate {
	int (*open)(void *arg, struct err *e);
	void *arg;
};

/*
 * The tables whose locks a statement takes, all of them different, in any
 * schemas.  The first is the one that messages name.  MDL_ONE is the set of
 * one, for the call it is written in.
 */
struct mdl_set {
	const struct qname *const *table;
	size_t n;
	size_t reads;		/* so many, the last ones, are only read */
	const struct mdl_gate *gate;	/* or NULL: always open */
};

#define MDL_ONE(name) (&(const struct mdl_set){ \
	(const struct qname *const[]){ (name) }, 1, 0, NULL })

/*
 * Run one.  Returns 0; 1 when the gate was found shut, and nothing happened;
 * or -1 with *e: the server's error; ERR_SQL without a number when the locks
 * were not to be had in so many tries; ERR_LIMIT, not by the deadline;
 * ERR_STOPPED; or ERR_LOST (then it may have happened or not).  Whoever is in
 * the way is named, or killed: see steps/blocker.h.
 */
int mdl_run(struct db *db, const struct server *s, const struct mdl_set *set,
    const struct tries *tries, const char *sql, struct err *e);

/*
 * The same for a statement on one table with foreign keys: MySQL locks their
 * parents, too, when a key is added or dropped or the table is (manual,
 * "FOREIGN KEY Constraints", "Locking").
 */
int mdl_run_with_parents(struct db *db, const struct server *s,
    const struct qname *table, const struct fkeys *f,
    const struct tries *tries, const char *sql, struct err *e);

/*
 * Take the locks, as mdl_run(), for several statements, which then run by
 * db_run(); nothing but these tables can be used until mdl_release().  Be
 * quick.
 */
int mdl_hold(struct db *db, const struct server *s, const struct mdl_set *set,
    const struct tries *tries, struct err *e);

/* The statement by which it takes them. */
void mdl_lock_text(struct str *q, const struct mdl_set *set);

/*
 * With the lock of a table held, before its triggers are touched when somebody
 * may have been killed: have everybody open it anew.  Whom MariaDB (10.11) ends
 * while he opens a table leaves it in the table cache with triggers that were
 * parsed half.  Whoever gets that next is told of errors in their bodies
 * (1064); and when he creates or drops a trigger, what is written is wrong:
 * some are there twice, and not to be dropped.  CREATE TRIGGER has the table
 * opened anew, also when there is such a trigger and IF NOT EXISTS says that
 * this is no error; a table without triggers need not be.
 *
 * It must not fail: a statement that does, after it has closed the table,
 * opens it anew with that error standing; to read an AND or OR in a CHECK,
 * DEFAULT or generated column then fails, too, and the table is no longer
 * among those that are locked (1100), nor is the first error told.
 * Returns 0, or -1 with *e: ERR_LOST.
 */
int mdl_open_anew(struct db *db, const struct server *s,
    const struct qname *table, struct err *e);

/*
 * Let go, with what has come of it: returns rc; or, where that is 0 and this
 * fails, -1 with *e.
 */
int mdl_release(struct db *db, int rc, struct err *e);

#endif
