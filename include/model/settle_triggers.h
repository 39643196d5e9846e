#ifndef SETTLE_TRIGGERS_H
#define SETTLE_TRIGGERS_H

#include <stdbool.h>

#include "model/dependents.h"
#include "model/settle_list.h"

/*
 * The user's triggers, after a cut-over that died: statements that make those
 * that are missing of those that are there, stand-ins or not.  As in the
 * cut-over itself, a text is gone from one place only when it is at another.
 */

bool settle_triggers_has(const struct dependents *k, const char *name);

/* Back, when the tables were not swapped, and onwards, when they were. */
void settle_triggers_back(struct settle_list *l, const struct settle_view *v);
void settle_triggers_move(struct settle_list *l, const struct settle_view *v);

#endif
