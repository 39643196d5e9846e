#ifndef REQUEST_H
#define REQUEST_H

#include <stdbool.h>

#include "base/err.h"
#include "base/reason.h"
#include "cli/config.h"
#include "server/db.h"
#include "steps/registry.h"
#include "steps/walk.h"

/*
 * What the operator asks for, by livealter control, while a migration runs.
 * It is written to the row of the registry, a line for each request, and taken
 * out of it by the migration within a second.
 */
struct request {
	struct db *db;			/* of its own: it is read at any time */
	const struct config *cfg;
	const struct server *server;
	const struct registry *registry;
	double looked;			/* when it last was */
	bool paused, postponed, told;	/* told: to swap */
	bool aborted;
	struct walk_pace pace;		/* for the copy and the comparison */
};

void request_init(struct request *w, const struct config *cfg,
    const struct server *s, const struct registry *reg);
void request_free(struct request *w);

/*
 * Is it something that can be asked for?  "pause", "go", "postpone",
 * "cut-over", "abort", "set chunk-time=SECONDS", "set threads=N".  NULL, or
 * what is wrong with it.
 */
const char *request_check(const char *text);

/*
 * Ask for it: add it to the row.  ERR_BUSY when too much is there that nobody
 * has read.  Is there still something?  1, 0, or -1 with *e.
 */
int request_put(const struct registry *reg, struct db *db, const char *text,
    struct err *e);
int request_left(const struct registry *reg, struct db *db, struct err *e);

/* For reasons: const, though what it points to is not. */
struct request_of {
	struct request *request;
};

/*
 * Reasons to begin no chunk; and not to swap.  arg is a struct request_of.
 * They read what was asked for; -1 with ERR_STOPPED for "abort".  A registry
 * that cannot be read asks for nothing.
 */
reason_fn request_pause, request_hold;

#endif
