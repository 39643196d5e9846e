#include "steps/checksum.h"

#include <stdlib.h>

#include "base/str.h"

int
checksum_side(struct checksum *s, const struct plan *p, struct db *db,
    enum side side, const struct chunk *c, struct err *e)
{
	struct rows r = ROWS_INIT;
	struct str q = STR_INIT;
	int rc;

	sql_checksum(&q, p, side, &c->after, &c->upto);
	rc = db_row(db, &r, "vv", e, "%s", q.s);
	if (rc == 0) {
		s->rows = strtoull(r.cell[0][0], NULL, 10);
		s->bits = strtoull(r.cell[0][1], NULL, 10);
	}
	rows_free(&r);
	str_free(&q);
	return rc;
}

int
checksum_both(struct checksum *old, struct checksum *new, const struct plan *p,
    struct db *db, const struct chunk *c, struct err *e)
{
	return checksum_side(old, p, db, SIDE_OLD, c, e) != 0 ||
	    checksum_side(new, p, db, SIDE_NEW, c, e) != 0 ? -1 : 0;
}

bool
checksum_equal(const struct checksum *a, const struct checksum *b)
{
	return a->rows == b->rows && a->bits == b->bits;
}
