#ifndef UNDOING_H
#define UNDOING_H

#include "base/err.h"
#include "story/migration.h"

/*
 * The ledger is run: what was put on the server is taken away, at the end, or
 * when a migration fails.  What belongs to somebody else by now is left alone.
 * All return 0, or -1 with *e.
 */

/* The step before the last: the triggers go. */
int undoing_release(struct migration *m, struct err *e);

/* The last step: all that is not meant to stay goes, the old table as well. */
int undoing_drop(struct migration *m, struct err *e);

/* After a failure: take away what is left on the server and is not meant to
 * stay; a connection that breaks meanwhile is opened again. */
int undoing_run(struct migration *m, struct err *e);

#endif
