#ifndef RECOPY_H
#define RECOPY_H

#include "base/err.h"
#include "cli/config.h"
#include "model/plan.h"
#include "steps/walk.h"

/*
 * Comparing a table that undoes nothing (model/by_key.h) with the new one.
 *
 * A statement that was ended may have left a row that it had not noted yet, and
 * a server that crashed may have forgotten notes.  So in a chunk that differs,
 * but for what is noted, all rows are noted and brought over again.
 *
 * Returns 0, and *again is how many rows that were; or -1 with *e:
 * ERR_DIFFERENT when chunks stay different.
 */
int recopy_run(const struct plan *p, const struct config *cfg,
    const struct walk_watch *watch, struct walk_result *result,
    unsigned long long *again, struct err *e);

#endif
