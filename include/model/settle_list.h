#ifndef SETTLE_LIST_H
#define SETTLE_LIST_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"
#include "model/alter.h"
#include "model/dependents.h"
#include "model/fkey.h"
#include "model/names.h"

/* The catalogue, and what is known of the migration.  The tables are the
 * user's, and the one that it has changed places with, or was to. */
struct settle_view {
	const struct names *names;	/* turned, of a revert */
	const struct alter *alter;
	const char *pairs;		/* of standin_note() */
	const struct fkeys *here, *there;	/* their own foreign keys */
	/* Children and triggers. */
	const struct dependents *dependents_here, *dependents_there;
	bool mariadb, swapped, reverting;
	bool kept_in_step;		/* the old table, after the swap */
	bool follow_children;
};

/* The statements, in their order; some set the session for the next. */
struct settle_list {
	char **sql;
	size_t n;
};

#define SETTLE_LIST_INIT { NULL, 0 }

/* Add a statement, which sql loses. */
void settle_list_add(struct settle_list *l, struct str *sql);
void settle_list_free(struct settle_list *l);

#endif
