#ifndef HEARTBEAT_H
#define HEARTBEAT_H

#include <stdbool.h>

#include "base/err.h"
#include "base/ident.h"
#include "model/registry_row.h"
#include "server/db.h"
#include "server/server.h"

/*
 * Whether a migration that the registry knows is alive, when it is another
 * server that it was last seen on.
 */

/* Does the record come from another server than this one? */
bool heartbeat_is_foreign(const struct registry_row *r, const struct server *s);

/*
 * A lock of the server's cannot be seen from another one: there, see whether
 * the heartbeat goes on for some seconds.  1 alive, 0 dead, -1 with *e.
 */
int heartbeat_beats(struct db *db, const struct qname *table,
    const struct registry_row *r, struct err *e);

#endif
