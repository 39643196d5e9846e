#ifndef CLEANUP_H
#define CLEANUP_H

#include "base/err.h"
#include "cli/config.h"

/*
 * livealter cleanup: take away what a migration that died has left, its row
 * in the registry last; or, when it died after the swap, finish it.  With
 * --dry-run only say what would be done.  Returns 0, also when there is
 * nothing to do; or -1 with *e: ERR_BUSY when the migration is alive.
 */
int cleanup_run(struct config *cfg, struct err *e);

#endif
