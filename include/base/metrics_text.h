#ifndef METRICS_TEXT_H
#define METRICS_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/board.h"
#include "base/str.h"

#define METRICS_LAGS	32	/* replicas; more are left out */

/* What is said of a run beside what the board has. */
struct metrics_more {
	const char *version;
	const char *run;		/* "alter", "dry-run", "revert" ... */
	double waited[EVENT_WAITS];	/* seconds, those that last included */
	bool waiting[EVENT_WAITS];
	unsigned long errors, retries, blockers;
	struct metrics_lag {
		char *replica;
		double seconds;
	} lag[METRICS_LAGS];
	size_t n_lags;
};

/* Add it in the text format of Prometheus; now: seconds since 1970. */
void metrics_text_add(struct str *out, const struct board_view *v,
    const struct metrics_more *more, double now);

#endif
