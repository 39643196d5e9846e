#ifndef INDEX_BUILD_H
#define INDEX_BUILD_H

#include "base/err.h"
#include "cli/config.h"
#include "model/plan.h"
#include "server/db.h"
#include "steps/interruptible_query.h"
#include "throttle/gate.h"

/*
 * Build the indexes that were left out of the new table, while triggers write
 * to it.
 */
struct index_build {
	struct db *db;			/* the main connection */
	const struct plan *p;
	const struct config *cfg;
	struct gate *gate;
	const struct query_beat *beat;	/* called every two seconds */
	/* So many statements were run on the table, by other sessions. */
	unsigned long long statements;
};

/*
 * Returns 0 when all of them are there, or -1 with *e: ERR_STOPPED; ERR_LOST
 * when the main connection was lost; ERR_SQL when it has failed too often.
 */
int index_build_run(struct index_build *b, struct err *e);

#endif
