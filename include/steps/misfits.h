#ifndef MISFITS_H
#define MISFITS_H

#include "base/err.h"
#include "base/summary.h"
#include "cli/config.h"
#include "model/plan.h"

/*
 * Where misfit_possible(): count the rows that the copy would refuse, as it
 * would.  Those that may be some (model/misfit.h) are copied into the new
 * table, which is empty and stays so, and the copy is rolled back.  No lock is
 * taken on the old table.  It ends after some seconds, wherever it is then.
 *
 * Fills in *m, with m->why_not where they cannot be looked for.  Returns 0, or
 * -1 with *e: ERR_STOPPED, or nothing was left but to end.
 */
int misfits_count(struct summary_misfits *m, const struct plan *p,
    const struct config *cfg, struct err *e);

#endif
