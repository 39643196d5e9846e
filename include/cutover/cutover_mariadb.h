#ifndef CUTOVER_MARIADB_H
#define CUTOVER_MARIADB_H

#include <stdbool.h>

#include "base/err.h"
#include "cli/config.h"
#include "model/plan.h"
#include "server/db.h"
#include "steps/mdl.h"

/*
 * The cut-over on MariaDB, where a connection that has locked tables cannot
 * rename them.  Several connections take part, and line up so that each gets
 * its locks before the application, whose statements take weaker ones:
 *
 *	the holder	LOCK TABLES on everything; brings triggers and keys
 *			over, waits until the others stand in the queue, and
 *			lets go
 *	the renamer	RENAME, then what is to be done to the old table
 *	each child's	LOCK TABLES child: InnoDB does not rename a parent as
 *	and grandchild's long as somebody has written to a child (or to what
 *			references one) and not committed
 *	the parents'	keeps them from being written to, for as long as the
 *			old table has foreign keys; where it may be the holder
 *			that locks them for writing, by triggers, it drops
 *			those keys itself, and there is no such connection
 *			(cutover_fkeys_leaves_parents())
 *
 * LOCK TABLES behind the RENAME would not do to keep the application out
 * after it: it may let go of what it has and begin anew, when the table's
 * definition changes under it.  So all that must be there when the new table
 * comes is done before.
 *
 * Each has its whole work in one packet, so that it is done even if we are
 * not there any more.
 */
struct cutover_mariadb;

/*
 * Connect, before anything is locked.  holder is the caller's connection.
 * cutover_mariadb_close() either way.
 */
int cutover_mariadb_open(struct cutover_mariadb **l, struct db *holder,
    const struct plan *p, const struct config *cfg, struct err *e);
void cutover_mariadb_close(struct cutover_mariadb *l);

enum cutover_lock {
	LOCK_HELD,
	LOCK_SHUT,		/* the gate of the set was */
	LOCK_AGAIN,		/* a parent was in use; it may be tried again */
	LOCK_FAILED,		/* *e says why */
};

/* What a lock of steps/mdl.h has come to. */
enum cutover_lock cutover_mariadb_lock_of(int mdl);

/* Lock the set, and the parents. */
enum cutover_lock cutover_mariadb_lock(struct cutover_mariadb *l,
    const struct mdl_set *set, struct err *e);

/* Let go again. */
void cutover_mariadb_unlock(struct cutover_mariadb *l);

/* Has the RENAME happened? */
enum cutover_renamed {
	RENAMED_NO,
	RENAMED_YES,
	RENAMED_UNKNOWN,		/* a connection was lost */
};

/*
 * Line up, let go, and wait for all.  When the tables were swapped *e is set if
 * something went wrong after it, else in any case.  No lock is left.  With
 * RENAMED_NO, *back says whether all that was handed over has come back.
 */
enum cutover_renamed cutover_mariadb_swap(struct cutover_mariadb *l,
    bool *back, struct err *e);

/* The renamer's connection id. */
unsigned long cutover_mariadb_renamer(const struct cutover_mariadb *l);

#endif
