#ifndef REGISTRY_SWAPPED_H
#define REGISTRY_SWAPPED_H

#include "base/err.h"
#include "base/ident.h"
#include "model/registry_row.h"
#include "server/db.h"

/*
 * Has the RENAME happened?  Of a migration that has succeeded, that of the way
 * back?  The tables tell, not what was noted last.  1, 0, or -1 with *e.
 */
int registry_swapped(struct db *db, const struct qname *table,
    const struct registry_row *r, struct err *e);

#endif
