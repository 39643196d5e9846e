#ifndef KIN_H
#define KIN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/ident.h"
#include "base/str.h"
#include "model/fkey.h"
#include "model/user_trigger.h"
#include "server/db.h"

/*
 * What hangs on the user's table and is not part of it: foreign keys of other
 * tables, and triggers.  Both go with the old table when it is renamed, and
 * have to be brought back.
 */

struct kin {
	struct fkeys child;
	struct fkeys grandchild;	/* what references the children */
	struct user_trigger *trigger;	/* in the order in which they fire */
	size_t n_triggers;
};

/*
 * Read it.  Triggers whose name begins with livealter_ are not the user's and
 * are left out.  ours, here_only: as fkey_children().  kin_free() either way.
 */
int kin_load(struct kin *k, struct db *db, const struct qname *table,
    const struct qname *ours, bool here_only, struct err *e);

/* See user_trigger_prepare(); the new table's schema becomes the session's. */
int kin_prepare(struct kin *k, struct db *db, const struct qname *new,
    bool mariadb, struct err *e);

void kin_free(struct kin *k);

/* Adds all of it as text, so that two readings can be compared. */
void kin_text(struct str *q, const struct kin *k);

#endif
