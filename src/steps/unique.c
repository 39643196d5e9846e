#include "steps/unique.h"

#include "base/log.h"
#include "base/str.h"
#include "server/db.h"
#include "server/session.h"
#include "steps/interruptible_query.h"

static int
refuse(const struct new_key *f, const struct rows *r, struct err *e)
{
	struct str list = STR_INIT;
	size_t i;

	for (i = 0; i < r->n; i++)
		str_addf(&list, ERR_LINE
		    "  '%s' in %s rows, for example %s and %s",
		    r->cell[i][1], r->cell[i][0], r->cell[i][2],
		    r->cell[i][3]);
	err_set(e, ERR_REFUSED, f->key->no_overlaps ?
	    "key %s WITHOUT OVERLAPS would have overlaps:%s" :
	    "unique key %s would not be unique:%s", f->key->name.sql, list.s);
	err_hint(e, "make the values unique first; the new table cannot hold "
	    "rows with the same value");
	str_free(&list);
	return -1;
}

static int
check_key(const struct plan *p, struct db *db, const struct new_key *f,
    const struct query_beat *beat, struct err *e)
{
	const struct interruptible_query a = { .sql = f->sql, .shape = "vvvv",
	    .doing = "looking for duplicates", .beat = beat };
	struct rows r = ROWS_INIT;
	int rc;

	if (f->sql == NULL) {
		log_info("whether %s of the new table is unique, only the copy "
		    "can tell", f->key->name.sql);
		return 0;
	}
	log_info("looking for duplicates in %s, for %s of the new table",
	    p->names.old.sql, f->key->name.sql);
	rc = interruptible_query_rows(db, &a, &r, e);
	if (rc == 0 && r.n > 0)
		rc = refuse(f, &r, e);
	rows_free(&r);
	return rc;
}

int
unique_check(const struct plan *p, const struct query_beat *beat,
    struct err *e)
{
	struct db *db = NULL;
	size_t i;
	int rc;

	if (p->n_new_keys == 0)
		return 0;
	rc = session_open(&db, p->server, "unique", SESSION_VERIFY, p->session,
	    e);
	for (i = 0; i < p->n_new_keys && rc == 0; i++)
		rc = check_key(p, db, &p->new_key[i], beat, e);
	db_close(db);
	return rc;
}
