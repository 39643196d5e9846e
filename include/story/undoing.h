#ifndef UNDOING_H
#define UNDOING_H

#include <stdbool.h>

#include "base/err.h"
#include "base/undo.h"
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

/* The new table goes, before anything else was made of it. */
int undoing_drop_new(struct migration *m, struct err *e);

/* After a failure: with --no-drop-new-table the new table stays, without its
 * triggers, to be looked at. */
void undoing_keep_table(struct migration *m);

/* After a failure: take away what is left on the server and is not meant to
 * stay; a connection that breaks meanwhile is opened again. */
int undoing_run(struct migration *m, struct err *e);

/*
 * After a signal: if --on-interrupt=keep asks for it, and it can be resumed,
 * leave all that was made where it is, say so, and return true.
 */
bool undoing_keep(struct migration *m);

/* Print the statements that are left in a ledger, with a hint. */
void undoing_print(struct undo *undo);

/*
 * stop_parting_fn: no session waits for what the server does not answer.  What
 * is left is printed.  In the middle of the swap only the ledger knows on which
 * side of it we are.
 */
int undoing_leave(void *undo);

#endif
