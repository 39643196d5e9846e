#ifndef MIGRATE_H
#define MIGRATE_H

#include "base/err.h"
#include "cli/config.h"
#include "story/migration.h"

/*
 * livealter without another command: a copy of the table is altered while
 * triggers keep it up to date, and then takes the place of the original.
 * Returns the exit status.
 */
enum err_kind migrate_run(struct config *cfg);

/* What refuses it before anything is made: the exit status, with *e. */
enum err_kind migrate_try(struct config *cfg, struct err *e);

/*
 * Steps that resume and revert share with it.  Each returns 0, or -1 with *e.
 */
int migrate_check(struct migration *m, struct err *e);
int migrate_plan(struct migration *m, struct err *e);
int migrate_copy(struct migration *m, struct err *e);
int migrate_swap(struct migration *m, struct err *e);

#endif
