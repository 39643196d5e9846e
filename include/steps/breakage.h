#ifndef BREAKAGE_H
#define BREAKAGE_H

#include <stdbool.h>

#include "base/err.h"
#include "base/str.h"
#include "base/summary.h"
#include "model/plan.h"
#include "server/db.h"

/*
 * Views, stored routines, events and other tables' triggers name tables and
 * columns in their texts, and no server looks at these when a table is
 * altered: what names a column that goes fails when it is used next.  The
 * swap breaks what ALTER TABLE breaks, and the plan says so beforehand.
 */

/*
 * What names the table: kind ("view", "procedure", "function", "event",
 * "trigger") and name of each; what of it breaks; and what is not known, with
 * kind "unseen".
 */
struct breakage {
	struct summary_list uses, breaks, unknown;
};

/*
 * Look for it: all that names the table, or (all is false) what breaks.  Texts
 * that the account may not see are among what is not known; what a routine
 * puts together as a string and then executes is not looked at.  Returns 0,
 * or -1 with *e (ERR_LOST).  breakage_free() either way.
 */
int breakage_find(struct breakage *b, struct db *db, const struct plan *p,
    bool all, struct err *e);
void breakage_free(struct breakage *b);

/* Add one line that names what breaks, or nothing when nothing does. */
void breakage_describe(struct str *out, const struct breakage *b,
    const struct plan *p);

#endif
