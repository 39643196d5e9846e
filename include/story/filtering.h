#ifndef FILTERING_H
#define FILTERING_H

#include "base/err.h"
#include "story/migration.h"

/* --where, as a migration has it; without one, these do nothing. */

/* Read the condition; NOW() is when the registry says that it began. */
int filtering_read(struct migration *m, struct err *e);

/* Say what becomes of the rows that do not match; */
void filtering_tell(const struct migration *m);

/* and how many they are. */
void filtering_tell_copied(const struct migration *m);

#endif
