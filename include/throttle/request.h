#ifndef REQUEST_H
#define REQUEST_H

#include <stdbool.h>

#include "base/err.h"
#include "base/ident.h"
#include "server/db.h"
#include "throttle/gate.h"

/*
 * What the operator asks for, by livealter control, while a migration runs: a
 * line for each request, in the row id of the registry, whose name is given.
 */

/*
 * Is it something that can be asked for?  "pause", "go", "postpone",
 * "cut-over", "abort", "set chunk-time=SECONDS", "set threads=N".  NULL, or
 * what is wrong with it.
 */
const char *request_check(const char *text);

/* "set NAME=VALUE": into *pace; false when it is not that, or not a value. */
bool request_setting(const char *text, struct gate_pace *pace);

/*
 * Ask for it: add it to the row.  ERR_BUSY when too much is there that no
 * session has read.  Is there still something?  1, 0, or -1 with *e.
 */
int request_put(struct db *db, const struct qname *registry,
    unsigned long long id, const char *text, struct err *e);
int request_left(struct db *db, const struct qname *registry,
    unsigned long long id, struct err *e);

/* Take out all that is there, to be freed; NULL when there is nothing. */
int request_take(struct db *db, const struct qname *registry,
    unsigned long long id, char **text, struct err *e);

#endif
