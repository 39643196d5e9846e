#ifndef REVERT_H
#define REVERT_H

#include "base/err.h"
#include "story/migration.h"

/*
 * livealter revert: its steps, where they are others than those of migrate.h.
 * Each returns 0, or -1 with *e.
 */
int revert_inspect(struct migration *m, struct err *e);
int revert_plan(struct migration *m, struct err *e);
int revert_swap(struct migration *m, struct err *e);

#endif
