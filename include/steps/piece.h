#ifndef PIECE_H
#define PIECE_H

#include <stdbool.h>

#include "base/err.h"
#include "cli/config.h"
#include "model/path.h"
#include "server/db.h"
#include "steps/walking.h"

/*
 * A chunk that is done in pieces, and what becomes of a piece that fails.
 *
 * A piece that meets a lock, or is too much for the server, is rolled back and
 * tried again half as large, down to a row; that one is tried again after a
 * while, as often as --tries says.  After a piece that succeeds the next one is
 * twice as large, up to the chunk.
 */
struct piece {
	struct chunk part;		/* rows: at most so many */
	const struct chunk *chunk;	/* what it is a part of, */
	unsigned long long before;	/* and so many rows of that are done */
};

/* What is done with a piece. */
struct piece_work {
	const struct path *path;
	const struct tries *tries;	/* of a row alone */
	/* What the question for the next row ends with, so that it waits until
	 * that is committed; NULL: it does not wait. */
	const char *waiting;
	bool patient;			/* a lock is no failure, ever */
	/* Do it, in a transaction of its own, which is rolled back when it
	 * fails.  0, or -1 with *e. */
	int (*run)(void *arg, struct db *db, const struct piece *p,
	    struct chunk_done *done, struct err *e);
	/*
	 * Something else than a lock was in the way.  1: it is put right, and
	 * *after may have moved on; 0: nothing can be done about it; -1 with
	 * *e.  So many pieces have failed since the last that succeeded.
	 * NULL: never.
	 */
	int (*repair)(void *arg, struct db *db, unsigned int failed,
	    struct bound *after, struct err *e);
	void *arg;
};

/*
 * Do all pieces of a chunk; *done is added to.  Returns 0; 1 when some of them
 * met locks; or -1 with *e: ERR_STOPPED, ERR_LOST, or what the last try of a
 * piece failed with, which then has no number, so that no session tries it
 * again.
 */
int piece_run(const struct piece_work *w, struct db *db,
    const struct chunk *c, struct chunk_done *done, struct err *e);

/* Was a lock in the way, or was it too much for one transaction? */
bool piece_may_split(const struct err *e);

/*
 * Shall what failed so many times be tried once more?  Then waits before.
 * Adds to *failed.
 */
bool piece_again(const struct tries *t, unsigned int *failed);

#endif
