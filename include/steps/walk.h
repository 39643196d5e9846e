#ifndef WALK_H
#define WALK_H

#include <stdbool.h>

#include "base/err.h"
#include "cli/config.h"
#include "model/bound.h"
#include "model/plan.h"
#include "server/db.h"
#include "server/server.h"

/*
 * Going over the old table in chunks, with one or more workers: what copying
 * and comparing have in common.
 */

struct chunk {
	struct bound after, upto;	/* upto without a value: to the end */
	unsigned long long rows;	/* asked for; the chunk may have less */
};

struct chunk_done {
	unsigned long long rows;	/* so many it came to */
	double idle;			/* seconds of it without a lock */
};

/*
 * Do one chunk, on the worker's own connection.  Returns 0; 1 when it met
 * locks and chunks should be smaller; or -1.  When the connection was lost, or
 * a statement was ended by somebody, it is called again; to do a chunk twice
 * must be as good as once.
 */
typedef int walk_chunk_fn(void *arg, struct db *db, const struct chunk *c,
    struct chunk_done *done, struct err *e);

typedef int walk_meanwhile_fn(void *arg, struct err *e);

struct walk {
	const struct plan *plan;
	const struct config *cfg;
	const char *verb;		/* "copied", for the progress line */
	enum server_session session;
	/* Also what is after the row that was the last when it began. */
	bool to_the_end;
	walk_chunk_fn *chunk;
	void *arg;
	/* Called every few seconds by the thread that called walk_run(), to
	 * keep what it holds on the server alive; -1 ends the walk. */
	walk_meanwhile_fn *meanwhile;
	void *meanwhile_arg;
};

struct walk_result {
	unsigned long long rows, chunks, conflicts;
	double seconds;
};

/*
 * Walk, showing progress.  Returns 0, or -1 with *e of the worker that
 * failed first; ERR_STOPPED after a signal.
 */
int walk_run(const struct walk *w, struct walk_result *result,
    struct err *e);

#endif
