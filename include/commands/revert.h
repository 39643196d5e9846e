#ifndef REVERT_H
#define REVERT_H

#include "base/err.h"
#include "cli/config.h"

/*
 * livealter revert: swap the tables back.  The new table and the old one change
 * their parts: the plan back becomes the plan, and what compares, swaps and
 * cleans up after a migration does it once more.  Until the swap nothing is
 * made, so there is nothing to undo.  Returns the exit status.
 */
enum err_kind revert_run(struct config *cfg);

#endif
