#ifndef STATUS_H
#define STATUS_H

#include "base/err.h"
#include "cli/config.h"

/*
 * livealter status: what runs in a database, or on one table of it, what died
 * and can be resumed or must be cleaned up, and what lies around; each with
 * the command that deals with it.  Reads only.  Returns 0, or -1 with *e.
 */
int status_run(struct config *cfg, struct err *e);

#endif
