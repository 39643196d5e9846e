#ifndef RESUME_H
#define RESUME_H

#include "base/err.h"
#include "commands/migrate.h"

/*
 * The steps of livealter resume that take the place of the first ones of a
 * migration.  Until the last of them nothing is changed, so that a migration
 * that cannot be resumed stays as it is.
 */

/*
 * Find the one that died, and see that the tables are what they were.
 * ERR_REFUSED when there is none, or it died too early or while it was taken
 * away, or a table is another.  One that was swapped is made ready to be
 * finished.
 */
int resume_find(struct migration *m, struct err *e);

/*
 * See that what becomes of the rows, and the triggers are what they were, or
 * say what is not (ERR_REFUSED, ERR_TRIGGERS, ERR_REJECTED); then make it
 * ours.
 */
int resume_join(struct migration *m, struct err *e);

#endif
