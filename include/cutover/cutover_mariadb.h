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

/*
 * Lock the set, and the parents.  Returns 0; 1 when the gate of set was shut;
 * 2 when a parent was in use and it may be tried again; or -1 with *e.
 */
int cutover_mariadb_lock(struct cutover_mariadb *l, const struct mdl_set *set,
    struct err *e);

/* Let go again. */
void cutover_mariadb_unlock(struct cutover_mariadb *l);

/*
 * Line up, let go, and wait for all.  Returns 1 when the tables were swapped
 * (and *e is set if something went wrong after it), 0 when not, -1 when it is
 * not known because a connection was lost.  No lock is left in any case.
 * When 0, *back says whether all that was handed over has come back.
 */
int cutover_mariadb_swap(struct cutover_mariadb *l, bool *back, struct err *e);

/* The renamer's connection id. */
unsigned long cutover_mariadb_renamer(const struct cutover_mariadb *l);

#endif
