#ifndef SUM_H
#define SUM_H

#include <stdbool.h>

#include "base/err.h"
#include "model/plan.h"
#include "model/sql.h"
#include "server/db.h"
#include "steps/walk.h"

/*
 * What a table says of its rows: how many, and 64 bits that do not depend on
 * their order.
 */
struct sum {
	unsigned long long rows, bits;
};

/* What the old table, or the new one, says of a chunk. */
int sum_side(struct sum *s, const struct plan *p, struct db *db,
    enum side side, const struct chunk *c, struct err *e);

/* What both say of a chunk.  Returns 0, or -1 with *e. */
int sum_both(struct sum *old, struct sum *new, const struct plan *p,
    struct db *db, const struct chunk *c, struct err *e);

bool sum_equal(const struct sum *a, const struct sum *b);

#endif
