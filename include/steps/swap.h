#ifndef SWAP_H
#define SWAP_H

#include <stdbool.h>

#include "base/err.h"
#include "base/undo.h"
#include "cli/config.h"
#include "model/plan.h"
#include "server/db.h"
#include "steps/capture.h"

/*
 * One RENAME puts the new table in the place of the old one.  Before it, the
 * triggers are looked at once more, the new table's AUTO_INCREMENT is raised
 * to the old one's, and its statistics are made.  Afterwards the ledger holds
 * the old table instead of the new one.
 *
 * *swapped says whether it happened, also when what followed went wrong.
 * Returns 0, or -1 with *e: ERR_SWAP, ERR_TRIGGERS, ERR_REJECTED,
 * ERR_STOPPED.  When the connection breaks, it connects again and looks
 * whether the tables were swapped, and only then answers.
 */
int swap_run(struct db *db, const struct plan *p, const struct config *cfg,
    const struct capture *c, struct undo *undo, bool *swapped,
    struct err *e);

#endif
