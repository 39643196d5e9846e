#ifndef REPLICA_SIGNS_H
#define REPLICA_SIGNS_H

#include "base/err.h"
#include "base/str.h"
#include "server/db.h"
#include "server/server.h"

/*
 * Is this server a replica?  For an account that may not ask, what everybody
 * can read tells:
 *
 * - MariaDB's status SLAVES_RUNNING, and that a wait for a position of a source
 *   lasts on MySQL, are certain;
 * - so are statements that set up a channel since the server began, when there
 *   has been no RESET;
 * - GTIDs of other servers, and none of its own after them, as of a replica
 *   that is stopped;
 * - the same otherwise may be of a replica that was promoted.
 */
enum replica_sign {
	REPLICA_SIGN_NONE,
	REPLICA_SIGN_UNKNOWN,		/* there need be none */
	REPLICA_SIGN_OLD,		/* it has been one */
	REPLICA_SIGN_LIKELY,
	REPLICA_SIGN_SURE,
};

/* Adds to *what the reason.  Returns 0, or -1 with *e. */
int replica_signs_find(enum replica_sign *sign, struct str *what,
    struct db *db, struct err *e);

/* The privilege to ask. */
const char *replica_signs_privilege(const struct server *s);

#endif
