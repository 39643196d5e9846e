#ifndef CHECK_DISK_H
#define CHECK_DISK_H

#include "base/err.h"
#include "cli/config.h"
#include "model/plan.h"
#include "server/db.h"

/*
 * What the new table and the binary log need, beside what is free.  ERR_DISK
 * when it is certain that the table cannot fit; a warning when it may not.  A
 * dry run says it in any case.  Reads only.
 */
int check_disk(struct db *db, const struct plan *p, const struct config *cfg,
    struct err *e);

#endif
