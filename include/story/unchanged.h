#ifndef UNCHANGED_H
#define UNCHANGED_H

#include <stdbool.h>

#include "base/err.h"
#include "story/migration.h"

/*
 * Are the two tables still the ones that were compared?  The triggers keep
 * them equal; what passes triggers by leaves signs (model/identity.h).
 */

/* From now on any other table under either name is seen. */
int unchanged_note(struct migration *m, struct err *e);

/* Look.  That it is another one is said once, by a warning. */
int unchanged_look(struct migration *m, struct err *e);

/* By what was seen: they should be compared again. */
bool unchanged_not(const struct migration *m);
/* ... since nothing is known of the rows without that. */
bool unchanged_unknown(const struct migration *m);
/* ... since one is another table, or some of its partitions are. */
bool unchanged_other(const struct migration *m);

#endif
