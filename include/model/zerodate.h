#ifndef ZERODATE_H
#define ZERODATE_H

#include "base/str.h"
#include "model/plan.h"

/*
 * Dates such as 0000-00-00 and 2026-00-10.  ALTER TABLE judges by the user's
 * sql_mode (NO_ZERO_DATE, NO_ZERO_IN_DATE) every date that is made of another
 * type.  Those of a column whose type stays are copied as they are, which is
 * what an ALTER TABLE in place does.  An INSERT judges all of them by one
 * sql_mode.  So that mode is the user's where the old table has no dates; else
 * it lets zero dates pass, and the values themselves are judged.
 */

/* Set the session's bits, and what each pair's values are judged by; wants
 * the pairs. */
void zerodate_choose(struct plan *p);

/*
 * Add value, which is SQL; where pr is judged, something that no date column
 * takes when the old value, of the row NEW, OLD or o (NULL: of no named row),
 * is a zero date.
 */
void zerodate_judged(struct str *q, const struct pair *pr, const char *row,
    const char *value);

#endif
