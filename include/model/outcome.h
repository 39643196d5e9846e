#ifndef OUTCOME_H
#define OUTCOME_H

#include "base/err.h"
#include "base/str.h"
#include "model/alter.h"
#include "model/plan.h"

/*
 * Add SHOW CREATE TABLE of the table as it will be, under its own name.  p
 * needs what cutover_fkeys_final() does.  Returns 0, or -1 with *e.
 */
int outcome_create(struct str *out, const struct plan *p,
    const struct alter *a, struct err *e);

#endif
