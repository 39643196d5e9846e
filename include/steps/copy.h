#ifndef COPY_H
#define COPY_H

#include <stdbool.h>

#include "base/err.h"
#include "cli/config.h"
#include "model/plan.h"
#include "steps/registry.h"
#include "steps/rest.h"
#include "steps/sum.h"
#include "steps/walk.h"

struct copy_result {
	struct walk_result walk;
	/* The old table's, taken of each chunk when it was copied; worth
	 * something if nobody has written to it. */
	struct sum sum;
	bool summed;		/* there is one */
};

/*
 * Copy every row that the triggers did not bring, from where the registry
 * says; with each chunk it is told how far the copy is.  rest is begun.
 * Returns 0, or -1 with *e:
 * ERR_CHANGED when a row would not arrive as it is, ERR_REJECTED when a
 * trigger has noted one, ERR_STOPPED, or the server's error.
 */
int copy_run(const struct plan *p, const struct config *cfg,
    const struct registry *reg, const struct walk_watch *watch,
    struct rest *rest, struct copy_result *result, struct err *e);

#endif
