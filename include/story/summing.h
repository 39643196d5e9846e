#ifndef SUMMING_H
#define SUMMING_H

#include "base/err.h"
#include "story/migration.h"

/*
 * Say what a dry run has found of the table and of what would become of it.
 * m->plan is made, or, for a change at once, has the tables and names.
 * Returns 0, or -1 with *e.
 */
int summing_tell(struct migration *m, struct err *e);

#endif
