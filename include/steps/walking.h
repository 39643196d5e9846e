#ifndef WALKING_H
#define WALKING_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "cli/config.h"
#include "model/bound.h"
#include "model/path.h"
#include "server/db.h"
#include "server/server.h"
#include "server/session.h"
#include "throttle/gate.h"

/*
 * What a walk (walk.h) is told.
 */

struct cursor;

struct chunk {
	struct bound after, upto;	/* upto without a value: to the end */
	unsigned long long rows;	/* asked for; the chunk may have less */
	unsigned long long number;	/* in the order of the key */
	struct cursor *of;		/* for cursor_mark() */
};

struct chunk_done {
	unsigned long long rows;	/* so many it came to, */
	/* and about so many that it has passed over, for --where */
	unsigned long long others;
	/* Seconds of it without a lock, or on the way of a connection that is
	 * not the worker's: see db_clock(). */
	double idle;
};

/*
 * Do one chunk, on the worker's own connection.  Returns 0; 1 when it met
 * locks and chunks should be smaller; or -1.  When the connection was lost, or
 * a statement was ended by somebody, it is called again; to do a chunk twice
 * must be as good as once.
 */
typedef int walk_chunk_fn(void *arg, struct db *db, const struct chunk *c,
    struct chunk_done *done, struct err *e);

/* What the thread that called walk_run() does meanwhile. */
struct walk_watch {
	/* Called every few seconds, to keep alive what it holds on the
	 * server; -1 ends the walk. */
	int (*meanwhile)(void *arg, struct err *e);
	void *arg;
	struct gate *gate;		/* shut: no chunk is begun */
};

struct walk {
	const struct path *path;
	const struct server *server;
	const struct config *cfg;
	const char *verb;		/* "copied", for the progress line */
	enum session_use session;
	unsigned int modes;		/* of its sessions: bits of session.h */
	unsigned int threads;		/* workers, if no more is asked for */
	unsigned int most;		/* whatever is asked for; 0: any */
	/* Begin after this row, so many rows on; no value: at the first. */
	struct bound from;
	unsigned long long from_rows;
	struct bound upto;		/* end here; no value: at the last */
	/* Also what is after the row that was the last when it began. */
	bool to_the_end;
	/*
	 * The table undoes nothing, and is locked as a whole: a chunk is how
	 * long its writers wait, and they may be as long as they like.
	 */
	bool locks_table;
	walk_chunk_fn *chunk;
	void *arg;
	const struct walk_watch *watch;
};

/* Seconds that a chunk of such a table is to take, at most. */
#define WALK_LOCKED	0.05

#endif
