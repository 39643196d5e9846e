#ifndef SWEEP_H
#define SWEEP_H

#include "base/err.h"
#include "cli/config.h"
#include "model/plan.h"
#include "steps/interruptible_query.h"

/*
 * Once all rows are copied: those that a trigger could not follow a cascade to
 * (model/apart.h), because one between had not been copied, become what they
 * are in the old table, or go.  From then on none is missed.  Returns 0, or -1
 * with *e: ERR_SQL when they are in use for too long.
 */
int sweep_run(const struct plan *p, const struct config *cfg,
    const struct query_beat *beat, struct err *e);

#endif
