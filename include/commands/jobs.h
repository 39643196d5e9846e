#ifndef JOBS_H
#define JOBS_H

#include "base/err.h"
#include "cli/config.h"

/*
 * The migrations of several jobs, one after the other.  All are checked before
 * the first begins.  After a failure no other begins, unless --keep-going is
 * given; after a signal none.  Returns the worst of the exit statuses
 * (catalogue_worse()).
 */
enum err_kind jobs_run(struct config *first,
    enum err_kind (*run)(struct config *cfg, void *arg), void *arg);

#endif
