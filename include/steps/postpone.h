#ifndef POSTPONE_H
#define POSTPONE_H

#include "base/err.h"
#include "base/str.h"
#include "cli/config.h"
#include "throttle/gate.h"

/*
 * Waiting with the swap until it is wanted.
 */

struct postpone {
	struct gate *gate;
	/* Called every two seconds; -1 ends the wait. */
	int (*watch)(void *arg, struct err *e);
	/* Compares the tables once more, and sets the two below. */
	int (*compare)(void *arg, struct err *e);
	void *arg;
	const double *compared;		/* when (now_s()); 0: never */
	const double *took;		/* seconds */
};

/*
 * Wait until the swap may begin, and say for what.  When the tables were
 * compared longer ago than a minute, and longer than that took, they are
 * compared again; when it is known how long the wait will be, so that this is
 * done in time.  Returns 0, or -1 with *e: of watch, compare and the gate,
 * or ERR_STOPPED.
 */
int postpone_run(const struct postpone *p, struct err *e);

/*
 * Add what will be waited for, for the plan: with the clock that is meant and
 * what it shows.  Nothing when nothing will.
 */
void postpone_describe(struct str *out, const struct config *cfg);

#endif
