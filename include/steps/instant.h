#ifndef INSTANT_H
#define INSTANT_H

#include "base/err.h"
#include "base/str.h"
#include "cli/config.h"
#include "model/alter.h"
#include "model/dependents.h"
#include "model/native.h"
#include "model/table.h"
#include "server/db.h"
#include "throttle/gate.h"

/* The user's own ALTER on the user's table, which the server does at once. */
struct instant {
	const struct table *old;
	const struct alter *alter;	/* with how */
	const struct dependents *dependents;
	const struct config *cfg;
	struct gate *gate;		/* asked before each try */
};

/* Add the statement. */
void instant_statement(struct str *q, const struct instant *in);

enum instant_end {
	INSTANT_DONE,
	INSTANT_SHUT,		/* the gate was; nothing was done */
	INSTANT_REFUSED,	/* by the server, with *e; nothing was done */
	INSTANT_FAILED,		/* with *e: no lock was to be had, ERR_SWAP; or
				   as mdl_run() has it; nothing was done */
	INSTANT_LOST,		/* with *e: done, or not */
};

/*
 * Run it, in a session of its own, as the user's client would; its id is put
 * in *session, for a look whether it still runs.
 */
enum instant_end instant_run(const struct instant *in, struct db *db,
    unsigned long *session, struct err *e);

/*
 * MySQL: how many versions of its rows the table has had since it was built,
 * and the most that there may be; both 0 where that is not known (it needs
 * PROCESS).  -1 with *e: only when the connection was lost.
 */
int instant_versions(unsigned long long *versions, unsigned long long *most,
    struct db *db, const struct qname *table, struct err *e);

#endif
