#ifndef LOOK_ALREADY_H
#define LOOK_ALREADY_H

#include "base/err.h"
#include "story/migration.h"

/*
 * --idempotent: try the ALTER on the new table, which is empty and as the old
 * one is, and set m->already if it was applied before (model/already.h); the
 * new table is gone then.  Else it is as it was, or -1 with *e, which is what
 * the server says to the ALTER.  Without the option it does nothing.
 */
int already_look(struct migration *m, struct err *e);

/* For programs that show what would become other. */
void already_tell(const struct migration *m);

#endif
