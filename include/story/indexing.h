#ifndef INDEXING_H
#define INDEXING_H

#include "base/err.h"
#include "story/migration.h"

/*
 * Which indexes of the new table are built after the copy, and building them.
 */

/*
 * Once the plan is made: take them off the empty table; or, of a migration that
 * is resumed, find what is still missing.
 */
int indexing_plan(struct migration *m, struct err *e);

/* The step. */
int indexing_run(struct migration *m, struct err *e);

/*
 * Of a migration that died: the table that remembers the definitions, or NULL
 * when there is none.  Returns 0, or -1 with *e.
 */
int indexing_remembered(struct migration *m, struct table **full,
    struct err *e);

#endif
