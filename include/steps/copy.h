#ifndef COPY_H
#define COPY_H

#include <stdbool.h>

#include "base/err.h"
#include "cli/config.h"
#include "model/plan.h"
#include "steps/activity.h"
#include "steps/registry.h"
#include "steps/walk.h"

struct copy_result {
	/* Where it begins and ends, and how many rows are before that; no
	 * value: where the registry says, and at the last row. */
	struct bound from, upto;
	unsigned long long before;
	struct walk_result walk;
	/* Of chunks that were compared as soon as they were copied. */
	struct walk_result compared;
	bool all;		/* these are all, and none has differed */
};

/* What it is told. */
struct copy {
	const struct plan *plan;
	const struct config *cfg;
	const struct registry *registry;
	const struct walk_watch *watch;
	/* In the old table; begun where the plan has an autoinc_lock. */
	struct activity *activity;
};

/*
 * Copy every row that the triggers did not bring, from where the registry
 * says; with each chunk it is told how far the copy is.
 * Returns 0, or -1 with *e:
 * ERR_CHANGED when a row would not arrive as it is, ERR_REJECTED when a
 * trigger has noted one, ERR_STOPPED, or the server's error.
 */
int copy_run(const struct copy *c, struct copy_result *result, struct err *e);

#endif
