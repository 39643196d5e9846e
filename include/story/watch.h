#ifndef WATCH_H
#define WATCH_H

#include <stdbool.h>

#include "base/err.h"
#include "steps/walk.h"
#include "story/migration.h"

/* What the main connection looks after while a migration works or waits. */

/* Once the main connection is there: it is to beat also while it waits. */
void watch_begin(struct migration *m);

/*
 * Run it, and again on a new connection when that broke, some times; it must be
 * such as may be begun anew.  Returns what it returns.
 */
int watch_persist(struct migration *m,
    int (*once)(struct migration *m, struct err *e), struct err *e);

/* Note in the registry what is being done; of a revert, that it is one. */
int watch_state(struct migration *m, enum migration_state state, struct err *e);

/* Keep others out, and see that the triggers are well; arg is m. */
int watch_tables(void *arg, struct err *e);

/* The same, while we alter the new table. */
int watch_triggers(void *arg, struct err *e);

/* Only keep others out, after the swap. */
int watch_alone(void *arg, struct err *e);

/* The error says only that somebody has locked the table: it is forgotten. */
bool watch_is_locked_out(struct err *e);

/* What a walk does beside its chunks: watch(m), and wait at the gate. */
struct walk_watch watch_walk(struct migration *m,
    int (*watch)(void *arg, struct err *e));

#endif
