#ifndef MISFIT_H
#define MISFIT_H

#include <stdbool.h>

#include "base/str.h"
#include "model/plan.h"

/*
 * Which rows of the old table may not fit into the new one.  By the types
 * alone: a row that is left out here fits; one that is not may fit as well,
 * which only the server can tell.  Pure.
 */

/* Why no row may be copied to see what becomes of it: rows would be locked.
 * NULL: it may. */
const char *misfit_untried(const struct plan *p);

/* May there be any? */
bool misfit_possible(const struct plan *p);

/* Add the condition, in parentheses, for columns with this before them: "", or
 * "o.". */
void misfit_condition(struct str *q, const struct plan *p, const char *dot);

#endif
