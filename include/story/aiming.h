#ifndef AIMING_H
#define AIMING_H

#include "base/err.h"
#include "story/migration.h"

/* --to: the ALTER of a migration is found by the table that it is to make.
 * Without the option these do nothing. */

/* Read the file.  Returns 0, or -1 with *e. */
int aiming_read(struct migration *m, struct err *e);

/*
 * Find the ALTER: the new table is created as the file says, read, and dropped
 * again.  m->already is set if there is nothing to do.  0, or -1 with *e.
 */
int aiming_find(struct migration *m, struct err *e);

/* Is the new table what it is to be?  Returns 0, or -1 with *e. */
int aiming_check(struct migration *m, struct err *e);

#endif
