#ifndef FOLLOW_H
#define FOLLOW_H

#include <stdbool.h>

#include "base/err.h"
#include "cli/config.h"
#include "model/bound.h"
#include "model/plan.h"
#include "server/db.h"
#include "steps/walk.h"

/*
 * What the copy does beside its chunks where the new table takes rows in order
 * only (model/order.h): it follows what the triggers have noted, and the end
 * of the old table.
 *
 * A note is done with in one transaction that locks the row in the old table,
 * makes the new one's equal to it, and deletes the note.  Who writes to the row
 * later notes it again.  So in every snapshot the rows up to the frontier that
 * are not noted are equal, and nothing but this and the copy writes to the new
 * table: the application never waits there.
 */
struct follow {
	const struct plan *plan;
	const struct config *cfg;
	const struct bound *frontier;	/* no value: nothing is copied yet */
	bool locked;			/* no other session can write */
	/* NULL: the gate is not asked, such as within a chunk. */
	const struct walk_watch *watch;
};

/*
 * Bring over what was noted, at most so many batches (0: all).  Rows that
 * somebody has locked, or whose value another row has still in a unique key,
 * stay noted and are counted in *left.  In a SESSION_COPY.  Returns 0, or -1
 * with *e: ERR_REJECTED when the new table cannot hold what was written.
 */
int follow_bring(const struct follow *f, struct db *db, unsigned int batches,
    unsigned long long *left, struct err *e);

/* Move the frontier on to the last row of the new table.  -1 with *e. */
int follow_frontier(struct db *db, const struct plan *p, struct bound *b,
    struct err *e);

/* Is the first at the second, or before it? */
bool follow_reached(const struct bound *a, const struct bound *b);

/*
 * The last row of the old table, once no row can come in before it any more.
 *
 * InnoDB looks at a row's ID first and inserts the row a moment later, longer
 * when it waits for the disk; meanwhile a larger ID may come in.  (After it has
 * waited for a row's lock it looks again.)  So statements that were at work
 * when the row was read are waited for, for some time.  1; 0 when there is no
 * row; -1 with *e.
 */
int follow_end(struct db *db, const struct plan *p,
    const struct walk_watch *watch, struct bound *end, struct err *e);

/*
 * For what is copied under the locks, make the main connection's session one
 * of the copy's; keys that are there already are checked.  And back.
 */
int follow_session(struct db *db, const struct plan *p, bool copies,
    struct err *e);

/*
 * Under the locks of the cut-over: bring over what is left.  Returns 0, and
 * *frontier is at the end; 1 when that is too much for a moment; -1 with *e.
 */
int follow_finish(struct db *db, const struct plan *p,
    const struct config *cfg, struct bound *frontier, struct err *e);

#endif
