#ifndef MIGRATE_H
#define MIGRATE_H

#include <stdbool.h>

#include "base/err.h"
#include "story/migration.h"

/*
 * livealter without another command: the steps of a migration, in the order of
 * main.c.  Each returns 0, or -1 with *e.
 */
int migrate_inspect(struct migration *m, struct err *e);
int migrate_check(struct migration *m, struct err *e);
int migrate_create(struct migration *m, struct err *e);
int migrate_alter(struct migration *m, struct err *e);
int migrate_plan(struct migration *m, struct err *e);
int migrate_capture(struct migration *m, struct err *e);
int migrate_copy(struct migration *m, struct err *e);
int migrate_swap(struct migration *m, struct err *e);

/*
 * After a signal: if --on-interrupt=keep asks for it, and it can be resumed,
 * leave all that was made where it is, say so, and return true.
 */
bool migrate_keep(struct migration *m);

#endif
