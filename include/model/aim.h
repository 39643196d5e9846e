#ifndef AIM_H
#define AIM_H

#include "base/err.h"
#include "base/str.h"
#include "model/aim_columns.h"
#include "model/structure.h"

/*
 * Add the clauses, as a session like ours reads them.  None: the one is as the
 * other, but for the order of keys, the AUTO_INCREMENT counter, names of
 * foreign keys, and names of constraints that the server makes.  Returns 0, or
 * -1 with *e (ERR_REFUSED).
 */
int aim_alter(struct str *out, const struct aim *a, struct err *e);

/*
 * Is this what the ALTER was to make of it?  Foreign keys are not looked at.
 * Returns 0, or -1 with *e (ERR_REFUSED).
 */
int aim_reached(const struct aim *a, const struct structure *is,
    struct err *e);

#endif
