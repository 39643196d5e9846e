#ifndef NEW_CONSTRAINTS_H
#define NEW_CONSTRAINTS_H

#include "model/plan.h"

/*
 * Unique keys of the new table that may meet duplicates among the rows there
 * are: added ones, and those that the ALTER narrows (fewer columns, a shorter
 * prefix, fewer digits, another collation).  Found from the two structures,
 * never from the text of the ALTER.  And foreign keys that it adds.  Sets
 * p->new_key and p->new_fkey; wants pairs and walk.
 */
void new_constraints_find(struct plan *p);
void new_constraints_free(struct plan *p);

#endif
