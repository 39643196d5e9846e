#ifndef CHECK_SERVER_H
#define CHECK_SERVER_H

#include "base/err.h"
#include "cli/config.h"
#include "server/db.h"
#include "server/server.h"

/*
 * Is this a server to write on?  Whatever writes asks this first: a migration,
 * and what goes on with one or takes it away.  Each returns 0, or -1 with *e:
 * ERR_REFUSED, or the server's error.
 */

/*
 * It is no replica, or --force says so: what it replicates row by row fires no
 * triggers (pt-online-schema-change's PT-2305), and what is written here but
 * not on the source, also to the registry, ends replication with an error.
 */
int check_server_replica(struct db *db, const struct config *cfg,
    struct err *e);

/*
 * It is no node of a Galera cluster, where every node would have to agree on
 * our DDL and locks, which it does not know; and no member of a group in which
 * several members write, whose rows fire no triggers here.
 */
int check_server_cluster(struct db *db, struct err *e);

/* MariaDB's replicas do not fire triggers for row events: twice the changes. */
int check_server_rbr_triggers(struct db *db, const struct config *cfg,
    struct err *e);

/* The first two. */
int check_server_writes(struct db *db, const struct config *cfg, struct err *e);

#endif
