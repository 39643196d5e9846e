#ifndef MEND_H
#define MEND_H

#include "base/err.h"
#include "cli/config.h"
#include "model/plan.h"
#include "steps/walk.h"

struct mend_result {
	unsigned long long rows;	/* that were written */
	/* Those that came to an old table which has columns that the new one
	 * has not: these have no values there. */
	unsigned long long bare;
};

/*
 * Put right what the table that triggers keep in step has missed: chunks in
 * which the two tables differ are taken out of it and copied again; what only
 * that table has stays.  p is the plan of its triggers, also that of a revert,
 * and has same_ranges.  Returns 0, or -1 with *e.
 */
int mend_run(const struct plan *p, const struct config *cfg,
    const struct walk_watch *watch, struct mend_result *mended,
    struct err *e);

#endif
