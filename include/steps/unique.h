#ifndef UNIQUE_H
#define UNIQUE_H

#include "base/err.h"
#include "model/plan.h"
#include "steps/interruptible_query.h"

/*
 * Before anything is copied: does a unique key that is new, or narrower than
 * it was, meet duplicates among the rows there are?  Native ALTER would refuse
 * (ERR_REFUSED, with examples).  Reads the whole table, without locks, and
 * can be interrupted (ERR_STOPPED).  What comes later the triggers see.
 */
int unique_check(const struct plan *p, const struct query_beat *beat,
    struct err *e);

#endif
