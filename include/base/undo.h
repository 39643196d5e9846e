#ifndef UNDO_H
#define UNDO_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/str.h"

/*
 * The ledger: what we have put on the server and not yet taken away, as the
 * SQL that takes it away.  When a migration fails it is run, last first, and
 * stops at the first statement that fails: a shadow table is never dropped
 * while a trigger may still be writing to it.  What could not be run is
 * printed, and the user runs it.
 */
enum undo_what {
	UNDO_ANY,
	UNDO_SHADOW,
	UNDO_REJECTS,
	UNDO_TRIGGER,
	UNDO_ATTIC,
	UNDO_TRY,		/* a table to try something on */
	UNDO_FINISH,		/* not undone, but still to be done */
	UNDO_RESTORE,		/* handed over for the swap, to come back */
	UNDO_RECORD,		/* the first to be noted, the last to go */
	UNDO_BACK,		/* the revert, until it is taken */
};

struct undo {
	struct undo_item {
		enum undo_what what;
		char *sql;
	} *item;
	size_t n, cap;
	/* One thread writes to it; another may print it (see stop_parting). */
	pthread_mutex_t lock;
};

#define UNDO_INIT { NULL, 0, 0, PTHREAD_MUTEX_INITIALIZER }

/* Something that can run SQL: a connection, or a test. */
typedef int undo_run_fn(void *arg, enum undo_what what, const char *sql,
    struct err *e);

/* Note it before doing it: a CREATE that half worked is undone too. */
void undo_push(struct undo *u, enum undo_what what, const char *fmt, ...)
    PRINTF(3, 4);

/* The last one has come to nothing, or is not ours after all. */
void undo_pop(struct undo *u);

/* It is not ours after all, or it is meant to stay. */
void undo_forget(struct undo *u, enum undo_what what);

/* The same of all others. */
void undo_forget_but(struct undo *u, enum undo_what what);

/* Is there something of that kind in it? */
bool undo_owes(struct undo *u, enum undo_what what);

/* Is there nothing of another kind in it? */
bool undo_owes_only(struct undo *u, enum undo_what what);

/*
 * Take it away, last first.  What fails, and what is before it, stays in u;
 * with every SET and USE, which those may need and which can be run again.
 */
int undo_run(struct undo *u, enum undo_what what, undo_run_fn *run, void *arg,
    struct err *e);

/* Add the statements that are left, in the order to run them. */
void undo_print(struct undo *u, struct str *to);

#endif
