#ifndef STORY_H
#define STORY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "cli/config.h"
#include "story/migration.h"

/*
 * A story is what a command does to a table, as an array of steps.  What holds
 * for all of them is said once, here: the title in the log, the check for a
 * signal, the kind of a failure, the faults that the tests inject, and what
 * is taken away at the end.
 */
struct story_step {
	const char *title;
	int (*run)(struct migration *m, struct err *e);
	bool (*due)(const struct migration *m);
	enum err_kind kind;		/* when the server refuses in it */
	const char *key;		/* in $LIVEALTER_FAIL_AT */
};

/*
 * When a step is due.  All but the last are so only as long as the tables are
 * not swapped, which they may be before a run that finishes another.
 */
bool story_always(const struct migration *m);
bool story_plans(const struct migration *m);	/* dry run or execution */
bool story_acts(const struct migration *m);	/* it is no dry run */
bool story_ends(const struct migration *m);	/* ... also after the swap */
bool story_swaps(const struct migration *m);	/* ... unless there is none,
						   see story/at_once.h */

/*
 * Tell it: run the steps that are due, then take away what is not meant to
 * stay, print what came of it, and return the exit status.  Leaves nothing
 * behind in the process, so that the next can be told.
 */
enum err_kind story_tell(const struct story_step *story, size_t n,
    struct config *cfg);

/*
 * Run these steps only, which make nothing, and leave.  Returns the exit
 * status that it would be, with *e.
 */
enum err_kind story_try(const struct story_step *story, size_t n,
    struct config *cfg, struct err *e);

#endif
