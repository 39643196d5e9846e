#ifndef CHECK_REPLICAS_H
#define CHECK_REPLICAS_H

#include "base/err.h"
#include "cli/config.h"
#include "model/fkey.h"
#include "model/names.h"
#include "server/db.h"
#include "server/replica.h"

/*
 * Would replication carry on what a run does, on each of the replicas that were
 * reached?
 *
 * Filters (--check-replication-filters): of the binary log of the source and
 * of the replicas, and of every channel.  One that treats a table that a run
 * makes otherwise than the user's has the RENAME fail there, which ends
 * replication, or has it put an empty table in the place of a full one.
 * ERR_NEEDS.  What may not be asked is warned of.
 *
 * Triggers that MariaDB's replicas run for row events would apply each change
 * twice: ERR_REFUSED, unless --force.
 *
 * A replica that passes over errors is warned of.
 *
 * 0, or -1 with *e.
 */
int check_replicas(struct db *source, const struct replica *found,
    const struct names *names, const struct fkeys *children,
    const struct config *cfg, struct err *e);

#endif
