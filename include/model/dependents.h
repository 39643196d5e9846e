#ifndef DEPENDENTS_H
#define DEPENDENTS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/ident.h"
#include "base/str.h"
#include "model/fkey.h"
#include "model/names.h"
#include "model/user_trigger.h"
#include "server/db.h"

/*
 * What hangs on the user's table and is not part of it: foreign keys of other
 * tables, and triggers.  Both go with the old table when it is renamed, and
 * have to be brought back.
 */

struct dependents {
	struct fkeys child;
	struct fkeys grandchild;	/* what references the children */
	struct user_trigger *trigger;	/* in the order in which they fire */
	size_t n_triggers;
};

/*
 * Read it.  Triggers whose name begins with livealter_ are not the user's and
 * are left out.  ours, here_only: as fkey_children().  dependents_free() either
 * way.
 */
int dependents_load(struct dependents *k, struct db *db,
    const struct qname *table, const struct qname *ours, bool here_only,
    struct err *e);

/* See user_trigger_prepare(); the table's schema becomes the session's. */
int dependents_prepare(struct dependents *k, struct db *db,
    const struct names *n, bool mariadb, struct err *e);

void dependents_free(struct dependents *k);

/* Adds all of it as text, so that two readings can be compared. */
void dependents_text(struct str *q, const struct dependents *k);

#endif
