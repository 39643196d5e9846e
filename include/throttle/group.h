#ifndef GROUP_H
#define GROUP_H

#include <stdbool.h>

#include "base/err.h"
#include "server/db.h"
#include "server/rows.h"

/*
 * The members of the server's replication group, and itself: host, port, and
 * whether it is this one (1 or 0).  No row: it is in no group.
 */
int group_members(struct rows *r, struct db *db, struct err *e);

/* It is in no group: an error, if nobody is looked for elsewhere, or a line. */
int group_is_none(struct db *db, bool alone, struct err *e);

/* Say that there are members, which nothing but cluster finds. */
int group_hint(struct db *db, struct err *e);

#endif
