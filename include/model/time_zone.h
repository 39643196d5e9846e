#ifndef TIME_ZONE_H
#define TIME_ZONE_H

#include <stdbool.h>

#include "base/err.h"
#include "base/str.h"
#include "model/plan.h"

/*
 * A TIMESTAMP is a moment, but SQL shows it by the session's clock; and when
 * summer time ends, an hour comes twice.  On MySQL every TIMESTAMP that a
 * trigger hands on goes through that text.  So where there is one, the copy
 * and the triggers run in UTC, and what becomes, or comes from, another type
 * is shifted to the server's clock by CONVERT_TZ(), which is what ALTER TABLE
 * does.
 *
 * Only where the new table itself computes with a TIMESTAMP (generated
 * columns, DEFAULTs) must it be the server's own clock.
 */

/*
 * Sets p->zone, the session's bits and the pairs' shifts; wants pairs, walk
 * and identity.  Returns 0, or -1 with *e (ERR_REFUSED) when the key needs one
 * clock and the new table the other.
 */
int time_zone_choose(struct plan *p, struct err *e);

/* Add the old value, of the row NEW, OLD or o (NULL: of no named row), as the
 * new column's type has it. */
void time_zone_source(struct str *q, const struct plan *p,
    const struct pair *pr, const char *row);

/* Add a column as a session by the server's clock would show it. */
void time_zone_here(struct str *q, const struct plan *p,
    const struct column *c, const char *row);

#endif
