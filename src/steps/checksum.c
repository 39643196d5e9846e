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

/* No snapshot has the old table, but a statement locks it, and the notes. */
static int
at_once(struct checksum *old, struct checksum *new, const struct plan *p,
    struct db *db, const struct chunk *c, struct err *e)
{
	struct rows r = ROWS_INIT;
	struct str q = STR_INIT;
	int rc;

	sql_checksums(&q, p, &c->after, &c->upto);
	rc = db_row(db, &r, "vvvv", e, "%s", q.s);
	if (rc == 0) {
		old->rows = strtoull(r.cell[0][0], NULL, 10);
		old->bits = strtoull(r.cell[0][1], NULL, 10);
		new->rows = strtoull(r.cell[0][2], NULL, 10);
		new->bits = strtoull(r.cell[0][3], NULL, 10);
	}
	rows_free(&r);
	str_free(&q);
	return rc;
}

int
checksum_both(struct checksum *old, struct checksum *new, const struct plan *p,
    struct db *db, const struct chunk *c, struct err *e)
{
	if (p->by_key)
		return at_once(old, new, p, db, c, e);
	return checksum_side(old, p, db, SIDE_OLD, c, e) != 0 ||
	    checksum_side(new, p, db, SIDE_NEW, c, e) != 0 ? -1 : 0;
}

bool
checksum_equal(const struct checksum *a, const struct checksum *b)
{
	return a->rows == b->rows && a->bits == b->bits;
}
