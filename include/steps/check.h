#ifndef CHECK_H
#define CHECK_H

#include <stdbool.h>

#include "base/err.h"
#include "cli/config.h"
#include "model/alter.h"
#include "model/dependents.h"
#include "model/plan.h"
#include "model/table.h"
#include "server/db.h"
#include "server/server.h"

/* Some are about a copy of the table only; they can be left for later. */
enum check_which { CHECK_ALL, CHECK_BUT_COPY, CHECK_COPY };

/* What the checks look at. */
struct check_input {
	struct db *db;
	const struct table *old;
	const struct dependents *dependents;
	const struct alter *alter;
	const struct config *cfg;
	bool running;		/* our triggers are on the table */
	enum check_which which;
};

/*
 * Run all the checks that need nothing created, and report every reason to
 * refuse, one a line, in one *e.  Returns 0, or -1.
 */
int check_all(const struct check_input *in, struct err *e);

/*
 * Once the plan is known: would the new table be one that native ALTER would
 * not have made, or one that cannot be kept in step?
 */
int check_plan(struct db *db, const struct plan *p, struct err *e);

/*
 * Before the swap: are the old table (but for our triggers) and the new one
 * defined as they were when the plan was made?
 */
int check_unchanged(const struct check_input *in, const struct table *new,
    struct err *e);

#endif
