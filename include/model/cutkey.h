#ifndef CUTKEY_H
#define CUTKEY_H

#include "model/alter.h"
#include "model/fkey.h"
#include "model/plan.h"

/* The names of the table's own foreign keys in the cut-over (cut.h). */

/* Add the statement that takes them from the old table, after the RENAME; or
 * leaves them to it under other names, where it is kept in step. */
void cutkey_take(struct plan *p);

/* Add the statements that give them these names before the RENAME. */
void cutkey_wait(struct plan *p);

/* Add the statements that let those to the table itself reference the new
 * one, before the RENAME. */
void cutkey_turn(struct plan *p);

/* Add the statements that give them their names, and that drop those which
 * the ALTER drops. */
void cutkey_name(struct plan *p, const struct alter *a);

/* What a key of p->added is called on the new table until the swap. */
void cutkey_added(struct ident *to, const struct fkey *k);

#endif
