#ifndef VERB_H
#define VERB_H

#include "base/str.h"
#include "model/plan.h"

/*
 * The verb of a statement, which runs in the application's session: by our
 * clock; and on MariaDB not under innodb_snapshot_isolation, by which a row
 * that the copy has written since the transaction's snapshot would be an error
 * (1020) where the application's own row is none.
 */
void verb_add(struct str *q, const struct plan *p, const char *verb);

/*
 * Errors that are the application's to repeat: with some the transaction is
 * rolled back already, so that it must not go on as if nothing had happened.
 * 1020: record has changed; 1205, 1213: lock wait, deadlock; 1206: no memory
 * left for locks.
 */
#define PASSED_ON "1020, 1205, 1206, 1213"

#endif
