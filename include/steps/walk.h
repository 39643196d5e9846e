#ifndef WALK_H
#define WALK_H

#include "base/err.h"
#include "steps/walking.h"

/*
 * Going over a table in chunks, in the order of a key, with one or more
 * workers: what copying and comparing have in common.
 */

struct walk_result {
	unsigned long long rows, others, chunks, conflicts;
	double seconds;
};

/*
 * Walk, showing progress.  Returns 0, or -1 with *e of the worker that
 * failed first; ERR_STOPPED after a signal.
 */
int walk_run(const struct walk *w, struct walk_result *result,
    struct err *e);

#endif
