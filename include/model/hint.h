#ifndef HINT_H
#define HINT_H

#include <stdbool.h>

#include "base/str.h"
#include "model/plan.h"

/*
 * Add what a trigger's statement needs of the writer's session, as a hint that
 * MySQL takes after the verb (manual, "Variable-Setting Hint Syntax"), with a
 * blank before it; nothing where it needs nothing.  What recurses and joins
 * tables is not to be forbidden.
 */
void hint_add(struct str *q, const struct plan *p, bool recurses);

#endif
