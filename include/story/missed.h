#ifndef MISSED_H
#define MISSED_H

#include "base/err.h"
#include "story/migration.h"

/*
 * While MariaDB's cut-over has given the new table its other name, triggers do
 * not find it.  Nobody writes then, as the table is locked; but a replica knows
 * of no locks.  When it is promoted between the two statements, the application
 * goes on there, and all that the triggers can do is to note that they had no
 * table.  So, if they have, and the table is there again, put right what it
 * lacks.  Does nothing for a plan without same_ranges, or with --where, by
 * which a row that is copied again might be left out: then the notes stay.
 *
 * Returns 0, or -1 with *e; it can begin anew wherever it broke off.
 */
int missed_mend(struct migration *m, struct err *e);

/* Warn of so many rows of the old table (struct mend_result). */
void missed_tell_bare(const struct plan *back, unsigned long long rows);

#endif
