#ifndef DISCOVERY_H
#define DISCOVERY_H

#include <stdbool.h>

#include "base/err.h"
#include "base/login.h"
#include "server/db.h"
#include "server/replica.h"

/* How replicas are looked for. */
struct discovery {
	const char *method;	/* as recursion_parse() takes it */
	unsigned int levels;	/* of replicas of replicas */
	const struct login *login;	/* the source's */
	const char *user, *password;	/* for replicas; NULL: as there */
	const char *only;	/* a DSN: watch this one; or NULL */
	const char *skip;	/* DSNs, each with a newline; or NULL */
	bool again;		/* it was done before: says nothing */
};

/* Is no replica to be watched? */
bool discovery_is_none(const struct discovery *how);

/*
 * Find the replicas of a server, and connect to each; also those that are
 * known to be there, and were not reached: without db, and why says what was
 * tried.  *list is to be freed by replica_free() in either case.  -1 with *e
 * when it cannot be told who is there.
 */
int discovery_run(struct replica **list, struct db *source,
    const struct discovery *how, struct err *e);

/* Is there a table of them; or are they those that are connected? */
bool discovery_has_table(const struct discovery *how);
bool discovery_is_search(const struct discovery *how);

/*
 * Only those of the table that dsn= names, without connecting to them; db is a
 * connection to the source, which may have the table.
 */
int discovery_read_table(struct replica **list, struct db *source,
    const struct discovery *how, struct err *e);

#endif
