#ifndef TARGET_H
#define TARGET_H

#include "base/err.h"
#include "base/str.h"
#include "base/undo.h"
#include "cli/config.h"
#include "model/moves.h"
#include "model/names.h"
#include "model/statement.h"
#include "model/structure.h"
#include "model/table.h"
#include "server/db.h"

/* The table of --to: its file, and what the server makes of that. */
struct target {
	const char *file;		/* NULL: there is no --to */
	struct statement wanted;
	struct table *is;		/* with the names of the user's */
	struct structure old, new;		/* the user's, and that */
	struct moves moves;
};

#define TARGET_INIT { .wanted = STATEMENT_INIT, .old = STRUCTURE_INIT, \
	.new = STRUCTURE_INIT, .moves = MOVES_INIT }

/* Read the file; nothing is asked of the server.  Returns 0, or -1 with *e
 * (ERR_USAGE).  target_free() either way. */
int target_read(struct target *t, const struct config *cfg,
    const struct names *n, const struct server *s, struct err *e);

/*
 * Have the server create it, empty and as n->shadow, in a session as the
 * user's own client has it, and read what came of it.  Returns 0, or -1 with
 * *e; the table is in the ledger.
 */
int target_create(struct target *t, struct db *db, const struct names *n,
    const struct config *cfg, struct undo *undo, struct err *e);

/*
 * Add the ALTER that makes it of the user's table; none: that is so already.
 * Returns 0, or -1 with *e (ERR_REFUSED): not all of it is explained.
 */
int target_alter(struct str *out, struct target *t, const struct table *old,
    const struct config *cfg, const struct server *s, struct err *e);

/* Has that ALTER made it?  Returns 0, or -1 with *e (ERR_REFUSED). */
int target_reached(const struct target *t, const struct table *is,
    const struct server *s, struct err *e);

void target_free(struct target *t);

#endif
