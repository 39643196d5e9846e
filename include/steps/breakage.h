#ifndef BREAKAGE_H
#define BREAKAGE_H

#include "base/err.h"
#include "base/str.h"
#include "model/plan.h"
#include "server/db.h"

/*
 * Views, stored routines, events and other tables' triggers name tables and
 * columns in their texts, and no server looks at these when a table is
 * altered: what names a column that goes fails when it is used next.  The
 * swap breaks what ALTER TABLE breaks, and the plan says so beforehand.
 */

/*
 * Add one line that names them all, or nothing when nothing breaks.  Texts
 * that the account may not see are said to be so in the log; what a routine
 * puts together as a string and then executes is not looked at.  Returns 0,
 * or -1 with *e (ERR_LOST).
 */
int breakage_describe(struct str *out, struct db *db, const struct plan *p,
    struct err *e);

#endif
