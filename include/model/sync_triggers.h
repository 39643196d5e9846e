#ifndef SYNC_TRIGGERS_H
#define SYNC_TRIGGERS_H

#include <stdbool.h>

#include "base/str.h"
#include "model/plan.h"

/*
 * The three triggers that keep the shadow in step, and the table in which
 * they note what the shadow could not hold.  Pure.
 */

/* Fill in p->trigger and p->create_rejects; called by planner_make(). */
void sync_triggers_render(struct plan *p);

/* CREATE TABLE for the notes; which also says whose they are, see
 * names_comment(). */
void sync_triggers_rejects(struct str *q, const struct names *n);

/* Add the ALTER TABLE that they need with this plan.  False: none. */
bool sync_triggers_alter_rejects(struct str *q, const struct plan *p);

/*
 * SET sql_mode: the session a trigger is created in decides how it runs,
 * whoever writes.
 */
void sync_triggers_session(struct str *q, const struct plan *p);

#endif
