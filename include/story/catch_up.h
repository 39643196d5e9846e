#ifndef CATCH_UP_H
#define CATCH_UP_H

#include "base/err.h"
#include "story/migration.h"

/*
 * The copy of a table that takes rows in order only (model/order.h), or of one
 * that undoes nothing (model/by_key.h), does not end before the swap: what the
 * application writes meanwhile comes by itself to the old table alone.  Nothing
 * is done, and 0 returned, for other tables.
 */

/* What cannot be done for such a table is refused.  -1 with *e. */
int catch_up_check(const struct migration *m, struct err *e);

/* Find how far the new table is: before the copy.  -1 with *e. */
int catch_up_begin(struct migration *m, struct err *e);

/*
 * Copy what has come since, and bring over what was noted, until only little
 * is left.  The rows up to m->copied.from that are not noted are equal then.
 * -1 with *e.
 */
int catch_up_run(struct migration *m, struct err *e);

/* How many rows has the new table of one that undoes nothing?  Before its
 * cut-over, which looks whether the old one has as many. */
int catch_up_count(struct migration *m, struct err *e);

/* postpone's watch: watch_tables(), and now and then the same. */
int catch_up_watch(void *arg, struct err *e);

/* Under the locks of the cut-over, the rest.  1: it is too much for that, or
 * there are rows that were not noted (m->doubted). */
int catch_up_finish(struct migration *m, struct err *e);

#endif
