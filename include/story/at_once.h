#ifndef AT_ONCE_H
#define AT_ONCE_H

#include <stdbool.h>

#include "base/err.h"
#include "story/migration.h"

/*
 * A change that the server makes by itself without touching a row, as
 * --instant says: the user's ALTER is run on the user's table.  The new table
 * shows whether it can be, and what it comes to.
 */

/*
 * The ALTER of the new table: by the ways that the server could go, if that is
 * to be known, and then as it is copied.  Where it is done at once, a dry run
 * has shown the statement, and m->at_once is set; else it is done, and m->swap
 * says so.  Otherwise the new table is as if nothing had been tried.  0, or -1
 * with *e.
 */
int at_once_alter(struct migration *m, struct err *e);

/* Does the story end without a copy? */
bool at_once_is_done(const struct migration *m);

#endif
