#ifndef SHADOW_H
#define SHADOW_H

#include "base/err.h"
#include "base/undo.h"
#include "cli/config.h"
#include "model/alter.h"
#include "model/plan.h"
#include "model/table.h"
#include "server/db.h"
#include "server/server.h"

/*
 * Choose names that are free: as --new-table-name says, or derived,
 * with more underscores in front while they are taken.  names->old is given.
 * Returns 0, or -1 with *e (ERR_REFUSED).
 */
int shadow_names(struct names *n, struct db *db, const struct config *cfg,
    struct err *e);

/*
 * n->shadow as --new-table-name has it, where %T is the table's name, and as
 * the server spells it.
 */
int shadow_given_name(struct names *n, struct db *db, const struct config *cfg,
    struct err *e);

/* Is the name of the table to try things on free?  -1 with *e. */
int shadow_check_trial(const struct names *n, struct db *db, struct err *e);

/* Put underscores in front of a name until it is free: -1 with *e. */
int shadow_free_name(struct qname *q, struct db *db, struct err *e);

/* Create the new table, empty and in the old shape. */
int shadow_create(struct db *db, const struct names *n,
    const struct table *old, const struct config *cfg, struct undo *undo,
    struct err *e);

/*
 * Foreign keys that the ALTER has added: read them into *added, and take them
 * off again until the swap, because the application's writes to their parents
 * must not fail before.  Their indexes stay.  So are those that it does without
 * until then (model/apart.h).
 */
int shadow_added_keys(struct db *db, const struct names *n,
    const struct table *old, const struct config *cfg, struct fkeys *added,
    struct err *e);

/*
 * Alter it, in a session of its own, as the user's client would; and find
 * out, on it, whether we may create triggers.
 */
int shadow_alter(struct db *db, const struct names *n,
    const struct table *old, const struct alter *a, const struct config *cfg,
    struct err *e);

#endif
