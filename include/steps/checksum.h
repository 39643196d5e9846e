#ifndef CHECKSUM_H
#define CHECKSUM_H

#include <stdbool.h>

#include "base/err.h"
#include "model/plan.h"
#include "model/sql.h"
#include "server/db.h"
#include "steps/walk.h"

/*
 * What a table says of its rows: how many, and a sum that does not depend on
 * their order: a number, or 28 bytes in hexadecimal digits.
 */
struct checksum {
	unsigned long long rows;
	char sum[57];
};

/* What the old table, or the new one, says of a chunk. */
int checksum_side(struct checksum *s, const struct plan *p, struct db *db,
    enum side side, const struct chunk *c, struct err *e);

/* What both say of a chunk.  Returns 0, or -1 with *e. */
int checksum_both(struct checksum *old, struct checksum *new,
    const struct plan *p, struct db *db, const struct chunk *c, struct err *e);

bool checksum_equal(const struct checksum *a, const struct checksum *b);

#endif
