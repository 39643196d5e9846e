#ifndef BRING_H
#define BRING_H

#include <stdbool.h>

#include "base/err.h"
#include "cli/config.h"
#include "model/plan.h"
#include "server/db.h"
#include "steps/interruptible_query.h"
#include "steps/walk.h"

/*
 * Bringing over the rows whose keys the triggers have noted (model/by_key.h).
 *
 * A batch of notes is taken; its rows are deleted from the new table and
 * inserted as the old one has them, in a transaction; and the notes that are
 * still taken are deleted.  Who writes to a row meanwhile has noted it anew,
 * and it comes again.  Only this and the copy write to the new table, one after
 * the other, so how many rows it has can be kept in mind.
 */
struct bring {
	const struct plan *plan;
	const struct config *cfg;
	bool locked;			/* no other session can write */
	/* NULL: the gate is not asked, such as within a chunk. */
	const struct walk_watch *watch;
	/* To be kept up to date: rows of the new table, and whether that is
	 * known; or NULL. */
	struct brought *brought;
};

struct brought {
	unsigned long long rows;
	bool known;
};

/*
 * At most so many batches (0: all).  Rows whose value another row still has in
 * a unique key stay noted and are counted in *left.  In a SESSION_COPY.
 * Returns 0, or -1 with *e: ERR_REJECTED when the new table cannot hold what
 * was written.
 */
int bring_some(const struct bring *b, struct db *db, unsigned int batches,
    unsigned long long *left, struct err *e);

/* Count the rows of the new table, to which nothing else writes. */
int bring_count(struct db *db, const struct plan *p,
    const struct query_beat *beat, struct brought *brought, struct err *e);

/*
 * How often have other sessions said LOCK TABLES, under which the triggers of
 * MariaDB note nothing?  Always 0 on MySQL.
 */
int bring_locked(struct db *db, unsigned long long *times, struct err *e);

/*
 * Under the locks of the cut-over, in a session of the copy's kind: bring over
 * what is left.  Returns 0; 1 when that is too much for a moment; 2 when the
 * tables have not the same number of rows, so that some were not noted; -1 with
 * *e.
 */
int bring_finish(const struct bring *b, struct db *db, struct err *e);

#endif
