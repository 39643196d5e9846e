#ifndef COPY_H
#define COPY_H

#include <stdbool.h>

#include "base/err.h"
#include "cli/config.h"
#include "model/plan.h"
#include "steps/walk.h"

/*
 * Copy every row that the triggers did not bring.  Returns 0, or -1 with *e:
 * ERR_CHANGED when a row would not arrive as it is, ERR_REJECTED when a
 * trigger has noted one, ERR_STOPPED, or the server's error.
 */
int copy_run(const struct plan *p, const struct config *cfg,
    walk_meanwhile_fn *meanwhile, void *arg, struct walk_result *result,
    struct err *e);

#endif
