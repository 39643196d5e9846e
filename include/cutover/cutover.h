#ifndef CUTOVER_H
#define CUTOVER_H

#include <stdbool.h>

#include "base/err.h"
#include "base/undo.h"
#include "cli/config.h"
#include "model/plan.h"
#include "server/db.h"
#include "steps/mdl.h"

/* What is asked on the way; the second while no session can write to it. */
struct cutover_ask {
	struct gate *gate;
	/* 0: go on; 1: not now, let go; -1 with *e: give up. */
	int (*last_look)(void *arg, struct err *e);
	void *arg;
};

/* How a cut-over ends.  All but the first three set *e. */
enum cutover_end {
	CUTOVER_SWAPPED,	/* and all that follows the RENAME is done */
	CUTOVER_SHUT,		/* not swapped: the gate or the look said so */
	CUTOVER_AGAIN,		/* not swapped; within cutover.c: once more */
	CUTOVER_FAILED,		/* not swapped, and all is as it was */
	CUTOVER_UNFINISHED,	/* swapped; the rest is owed: UNDO_FINISH */
	CUTOVER_UNRESTORED,	/* not swapped; what was handed over to the new
				   table is owed: UNDO_RESTORE */
	CUTOVER_UNKNOWN,	/* the server could not be asked */
};

/*
 * Under one short lock: look, RENAME, and what follows it (cutover_script.h).
 * From the first of these statements on, the server carries them out whether we
 * live or not.  When a connection breaks, it connects again and looks what
 * happened, and only then answers.  *e: ERR_SWAP, ERR_FKEYS, ERR_STOPPED, or
 * what the look said.
 */
enum cutover_end cutover_run(struct db *db, const struct plan *p,
    const struct config *cfg, struct undo *undo, const struct cutover_ask *ask,
    struct err *e);

#endif
