#ifndef AS_BEFORE_H
#define AS_BEFORE_H

#include "base/err.h"
#include "story/migration.h"

/*
 * Is a table that is reverted defined as it was before its migration?  The
 * registry has the fingerprint of that; where there is no row, nothing is
 * compared.
 */

/*
 * Before the swap: would it be?  Returns 0, or -1 with *e (ERR_REFUSED), and
 * says what differs.
 */
int as_before_check(const struct migration *m, struct err *e);

/* After it: is it?  Returns 0, or -1 with *e (ERR_FKEYS). */
int as_before_look(const struct migration *m, struct err *e);

#endif
