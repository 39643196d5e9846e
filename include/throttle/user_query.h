#ifndef USER_QUERY_H
#define USER_QUERY_H

#include "base/err.h"
#include "cli/config.h"
#include "server/db.h"
#include "server/server.h"
#include "throttle/source.h"

/*
 * The source of --throttle-query: it holds as long as the first column of the
 * first row that the statement returns is a number other than 0, or a text
 * that is none.  It runs in a transaction that only reads, for a few seconds
 * at most.
 */
void user_query_source(struct source *s, const struct config *cfg,
    const struct server *server);

/* Before a run: can it be run?  Else ERR_USAGE. */
int user_query_check(struct db *db, const struct config *cfg, struct err *e);

#endif
