#ifndef PHANTOM_H
#define PHANTOM_H

#include <stdbool.h>

#include "base/str.h"
#include "model/plan.h"

/*
 * MariaDB fires AFTER UPDATE also for a row that the statement has left as it
 * was: what UPDATE IGNORE could not do (another row has the value, the parent
 * is missing, a child is there, no partition takes it), without as much as a
 * warning.  NEW is then what the row did not become.  The same happens to the
 * time in a column with ON UPDATE where a statement changes nothing.
 */

/* Do this server's triggers have to look for that? */
bool phantom_possible(const struct plan *p);

/*
 * In an AFTER UPDATE trigger, add a condition under which the row has to be
 * looked at; and the rest of a SELECT that then says 1 when the row has not
 * become NEW, and 0 when it has.
 */
void phantom_suspect(struct str *q, const struct plan *p);
void phantom_look(struct str *q, const struct plan *p);

#endif
