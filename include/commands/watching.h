#ifndef WATCHING_H
#define WATCHING_H

#include "base/err.h"
#include "cli/config.h"

/*
 * livealter watch: show a migration that runs until it ends, by one question a
 * second.  Reads only.  Where none is known, it is livealter status.  Returns
 * 0 when the tables were swapped, or what was asked for needs no swap; or -1
 * with *e, whose kind is the exit status of the run, if that is known.
 */
int watching_run(struct config *cfg, struct err *e);

#endif
