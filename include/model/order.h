#ifndef ORDER_H
#define ORDER_H

#include "base/err.h"
#include "base/str.h"
#include "model/plan.h"

/*
 * Tables that take rows in ascending order only.
 *
 * A table with a FULLTEXT key and a column FTS_DOC_ID of its own takes only
 * IDs above those that were committed before, whether they are still there or
 * not, and a text in that key changes only with its ID (error 182; MySQL
 * manual, "InnoDB Full-Text Indexes"; MariaDB, "Full-Text Index Overview").
 *
 * So no session but the copy may insert rows into such a new table, in the
 * order of the IDs.  The copy has a frontier: all rows up to it are in the new
 * table, none after it are.  The application puts new rows after it by itself,
 * since the old table goes by the same rule.
 */

/*
 * Is the new table one?  Then set p->in_order, p->walk and the identity.
 * Returns 0, or -1 with *e: ERR_NO_KEY, ERR_REFUSED, or ERR_USAGE for another
 * chunk_index (or NULL).
 */
int order_choose(struct plan *p, const char *chunk_index, struct err *e);

/* The IDs that are noted, after this one, at most limit of them. */
void order_noted(struct str *q, const struct plan *p,
    unsigned long long after, unsigned int limit);

/*
 * With these rows, a list "1, 2": lock them in the old table, write what they
 * are there to the new one, delete those that are not there any more, and
 * forget the notes.
 */
void order_hold(struct str *q, const struct plan *p, const char *ids,
    bool waits);
void order_write(struct str *q, const struct plan *p, const char *ids);
void order_delete(struct str *q, const struct plan *p, const char *ids);
void order_forget(struct str *q, const struct plan *p, const char *ids);

/*
 * The first of them, up to the frontier, that the new table has not: it came
 * into the old one after rows with larger IDs.
 */
void order_late(struct str *q, const struct plan *p, const char *ids,
    const char *frontier);

/* The last row of the new table. */
void order_frontier(struct str *q, const struct plan *p);

#endif
