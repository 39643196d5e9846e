#ifndef WARNING_H
#define WARNING_H

#include <stdbool.h>

#include "base/err.h"
#include "base/str.h"
#include "cli/config.h"
#include "model/plan.h"
#include "server/db.h"
#include "steps/walk.h"

/*
 * Read what the server had to say about a chunk that was copied, in the
 * transaction that copied it.  Returns 0 when no value was changed, or only
 * as --allow-warnings has it; -1 with *e: ERR_CHANGED with the row's key, the
 * column and both values; or the server's error.
 *
 * A duplicate is not judged: *duplicate gets what the server says of one, if
 * possible of one that tells why a row is lost.
 */
int warning_judge(const struct plan *p, const struct config *cfg,
    struct db *db, const struct chunk *c, struct str *duplicate,
    struct err *e);

/* Does --allow-warnings let this column come out different? */
bool warning_allowed(const struct config *cfg, const char *column);

#endif
