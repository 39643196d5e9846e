#ifndef COMPARE_H
#define COMPARE_H

#include "base/err.h"
#include "story/migration.h"

/* A step: compare the two tables, as --verify says. */
int compare_run(struct migration *m, struct err *e);

/*
 * Compare once more, since they were changed past the triggers, or it cannot
 * be excluded.  *looks counts how often.  Returns 0 when they may be swapped,
 * or -1 with *e: they differ, or nothing is known because it happens again and
 * again, or --verify does not allow to find out.
 */
int compare_if_changed(struct migration *m, int *looks, struct err *e);

/* The same without a reason: the last comparison has grown old.  arg is m. */
int compare_again(void *arg, struct err *e);

#endif
