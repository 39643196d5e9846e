#ifndef PRIVILEGES_H
#define PRIVILEGES_H

#include <stdbool.h>

#include "base/err.h"
#include "base/ident.h"
#include "server/db.h"
#include "server/server.h"

/* What the account is to be allowed, on the schema or on the table. */
enum privileges {
	PRIVILEGES_SEE = 1 << 0,	/* to see what there is */
	PRIVILEGES_TELL = 1 << 1,	/* to tell what runs */
	PRIVILEGES_CLEAN = 1 << 2,	/* to take away what was made */
	PRIVILEGES_RUN = 1 << 3,	/* to make it */
	PRIVILEGES_TURN = 1 << 4,	/* with foreign keys of others */
};

/*
 * Returns 0; or -1 with *e: ERR_NEEDS, which names every privilege that is
 * missing at once.  What comes by a role is not in the lists of the server, so
 * with a role nothing is concluded from them, and the statements find out.
 * But on MariaDB our triggers run with the account's own privileges, without
 * its roles.
 */
int privileges_check(struct db *db, const struct qname *table,
    enum privileges what, struct err *e);

/*
 * After an error: was it one for want of these?  Then *e says so.  MariaDB
 * hides keys and triggers from who may only read a table, so that it looks like
 * another one.  Returns -1.
 */
int privileges_blame(struct db *db, const struct qname *table,
    enum privileges what, struct err *e);

#endif
