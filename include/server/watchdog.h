#ifndef WATCHDOG_H
#define WATCHDOG_H

#include <stddef.h>

#include "base/err.h"
#include "server/db.h"

/*
 * db_receive(), by somebody who does not wait for an answer that will not
 * come.  MariaDB (10.11) that is told KILL QUERY at the end of a statement has
 * announced the result of the next one already, and says nothing more; the
 * tables that are locked stay so.  One in a hundred such KILLs, in plain SQL,
 * of statements that create triggers.  So when the connection is asleep as the
 * server has it, it is ended from another one: ERR_LOST.
 */
int watchdog_receive(struct db *db, size_t *done, struct err *e);

#endif
