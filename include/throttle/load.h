#ifndef LOAD_H
#define LOAD_H

#include <stdbool.h>

#include "base/err.h"
#include "cli/config.h"
#include "server/db.h"
#include "server/server.h"
#include "throttle/source.h"

/*
 * The source of the server's load, by its status variables: --max-load makes
 * it wait, --critical-load ends the run when two looks find it reached, or
 * makes it wait for --critical-load-hibernate.  Threads_running and
 * Threads_connected are without livealter's own connections.
 *
 * A limit without a number follows from the first look, as in
 * pt-online-schema-change: a fifth more to wait, twice as much to end.
 */

/* Is there a limit at all? */
bool load_is_limited(const struct config *cfg);

void load_source(struct source *s, const struct config *cfg,
    const struct server *server);

/*
 * Before a run: does the server have the variables, with numbers (else
 * ERR_USAGE), and is no critical limit reached (else ERR_LIMIT)?
 */
int load_check(struct db *db, const struct config *cfg, struct err *e);

#endif
