#ifndef RENAMING_H
#define RENAMING_H

#include <stdbool.h>

#include "base/err.h"
#include "base/str.h"
#include "model/alter.h"
#include "model/check_names.h"
#include "model/names.h"
#include "model/table.h"
#include "server/db.h"

/*
 * The user's text for the new table, where constraints have other names until
 * the swap.
 */
struct renaming {
	struct db *db;
	const struct names *names;
	const struct table *old;
	const struct alter *alter;
	const struct check_names *checks;
};

/*
 * Add the clauses that are not for later; it may be that none is left.  A name
 * that ALTER TABLE would find taken is one that the server finds taken.
 * Returns 0, or -1 with *e.
 */
int renaming_alter(struct str *q, const struct renaming *r, struct err *e);

/* Does a clause wait until the end, since a foreign key cascades? */
bool renaming_leaves(const struct renaming *r);

/* The server has refused it: say it by the names that the user has given. */
void renaming_explain(const struct renaming *r, struct err *e);

#endif
