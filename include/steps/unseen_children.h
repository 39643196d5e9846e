#ifndef UNSEEN_CHILDREN_H
#define UNSEEN_CHILDREN_H

#include "base/err.h"
#include "model/dependents.h"
#include "server/db.h"

/*
 * information_schema has no foreign keys of tables for which the account has no
 * privilege.  They would stay with the old table, which then cannot be dropped.
 * Who has PROCESS sees what InnoDB knows of them: ERR_NEEDS when that is more
 * than the children that were found.  Who has not is told.  Returns 0, or -1
 * with *e.
 */
int unseen_children_check(struct db *db, const struct qname *table,
    const struct dependents *found, struct err *e);

#endif
