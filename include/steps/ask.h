#ifndef ASK_H
#define ASK_H

#include "base/err.h"
#include "server/db.h"

/*
 * A question that may take long, as db_rows(), but a signal ends it on the
 * server as well (ERR_STOPPED, "stopped while " + doing).
 */
int ask_rows(struct db *db, const char *sql, const char *shape,
    const char *doing, struct rows *answer, struct err *e);

#endif
