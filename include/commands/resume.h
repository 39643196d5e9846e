#ifndef RESUME_H
#define RESUME_H

#include "base/err.h"
#include "cli/config.h"

/*
 * livealter resume: go on with a migration that died.  Until it is taken up
 * nothing is changed, so that one that cannot be resumed stays as it is.
 * Returns the exit status.
 */
enum err_kind resume_run(struct config *cfg);

#endif
