#ifndef SWAP_H
#define SWAP_H

#include "base/err.h"
#include "base/undo.h"
#include "cli/config.h"
#include "cutover/cutover.h"
#include "model/plan.h"
#include "server/db.h"

/* Before it: the new table's AUTO_INCREMENT is raised to the old one's, and
 * its statistics are made. */
int swap_prepare(struct db *db, const struct plan *p,
    const struct config *cfg, struct undo *undo, struct err *e);

/* The cut-over.  Returns as cutover_run(). */
enum cutover_end swap_run(struct db *db, const struct plan *p,
    const struct config *cfg, struct undo *undo, const struct cutover_ask *ask,
    struct err *e);

#endif
