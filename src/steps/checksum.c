#include "steps/checksum.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

/* Of no rows, a server may make zeros of any length. */
static int
take(struct checksum *s, char **cell, struct err *e)
{
	int n;

	s->rows = strtoull(cell[0], NULL, 10);
	n = snprintf(s->sum, sizeof(s->sum), "%s", s->rows > 0 ? cell[1] : "");
	return n >= 0 && (size_t)n < sizeof(s->sum) ? 0 : err_set(e, ERR_SQL,
	    "the server's checksum is too long: %s", cell[1]);
}

int
checksum_side(struct checksum *s, const struct plan *p, struct db *db,
    enum side side, const struct chunk *c, struct err *e)
{
	struct rows r = ROWS_INIT;
	struct str q = STR_INIT;
	int rc;

	sql_checksum(&q, p, side, &c->after, &c->upto);
	rc = db_row(db, &r, "vv", e, "%s", q.s);
	if (rc == 0)
		rc = take(s, r.cell[0], e);
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
	if (rc == 0 && (rc = take(old, r.cell[0], e)) == 0)
		rc = take(new, r.cell[0] + 2, e);
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
	return a->rows == b->rows && strcmp(a->sum, b->sum) == 0;
}
