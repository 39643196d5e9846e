#ifndef CONTROL_H
#define CONTROL_H

#include "base/err.h"
#include "cli/config.h"

/*
 * livealter control: write to the registry what a migration that runs shall
 * do, and see that it is read.  Returns 0, or -1 with *e: ERR_REFUSED when
 * none runs.
 */
int control_run(struct config *cfg, struct err *e);

#endif
