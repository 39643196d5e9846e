#ifndef CONNECT_H
#define CONNECT_H

#include "base/err.h"
#include "cli/config.h"
#include "server/db.h"
#include "server/server.h"

/*
 * The first connection of a command, to the server that the configuration
 * says; the names in cfg are then spelled as the server does.  role is a
 * constant word for messages.  As session_first() otherwise.
 */
int connect_first(struct db **db, struct server *s, struct config *cfg,
    const char *role, struct err *e);

#endif
