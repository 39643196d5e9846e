#ifndef MEND_H
#define MEND_H

#include "base/err.h"
#include "cli/config.h"
#include "model/plan.h"
#include "steps/walk.h"

/*
 * Put right what the old table, which is kept in step after the swap, has
 * missed: chunks in which the two tables differ are taken out of it and copied
 * again.  p is the plan of the revert, and has same_ranges.  Returns 0, with
 * the rows that were copied in *mended; or -1 with *e.
 */
int mend_run(const struct plan *p, const struct config *cfg,
    const struct walk_watch *watch, unsigned long long *mended,
    struct err *e);

#endif
