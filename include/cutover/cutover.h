#ifndef CUTOVER_H
#define CUTOVER_H

#include <stdbool.h>

#include "base/err.h"
#include "base/undo.h"
#include "cli/config.h"
#include "model/plan.h"
#include "server/db.h"
#include "steps/mdl.h"

/* What is asked on the way; the second while nobody can write to the table. */
struct cutover_ask {
	const struct mdl_gate *gate;
	/* 0: go on; 1: not now, let go; -1 with *e: give up. */
	int (*last_look)(void *arg, struct err *e);
	void *arg;
};

/*
 * Under one short lock: look, RENAME, and what follows it (cutover_script.h).
 * From the first of these statements on, the server carries them out whether we
 * live or not.
 *
 * *swapped says whether the tables were swapped, also when what followed went
 * wrong; then the ledger holds what is left to do (UNDO_FINISH).  Returns 0;
 * 1 when the gate was shut or the look said so; or -1 with *e: ERR_SWAP,
 * ERR_FKEYS, ERR_STOPPED, or what the look said; -2 when moreover it is not
 * known that all is as it was.  When a connection breaks, it connects again
 * and looks what happened, and only then answers.
 */
int cutover_run(struct db *db, const struct plan *p, const struct config *cfg,
    struct undo *undo, const struct cutover_ask *ask, bool *swapped,
    struct err *e);

#endif
