#include "steps/verify.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "base/util.h"
#include "model/sql.h"
#include "server/session.h"
#include "steps/checksum.h"
#include "steps/piece.h"

struct job {
	const struct plan *plan;
};

#define SHOWN 5		/* rows that differ, named in the message */

/* Add the keys of rows that differ to the message. */
static int
name_rows(const struct plan *p, struct db *db, enum side side,
    const struct chunk *c, struct str *out, struct err *e)
{
	struct rows r = ROWS_INIT;
	struct str q = STR_INIT;
	size_t i;
	int rc;

	sql_differences(&q, p, side, &c->after, &c->upto, SHOWN);
	rc = db_rows(db, &r, "vv", e, "%s", q.s);
	for (i = 0; rc == 0 && i < r.n; i++)
		str_addf(out, ERR_LINE "  row %s: %s in the %s table",
		    r.cell[i][0],
		    strcmp(r.cell[i][1], "missing") == 0 ? "not" :
		    strcmp(r.cell[i][1], "different") == 0 ?
		    "not the same" : "only", plan_there(p));
	rows_free(&r);
	str_free(&q);
	return rc;
}

int
verify_tell(const struct plan *p, struct db *db, const struct chunk *c,
    unsigned long long old, unsigned long long new, struct err *e)
{
	struct str rows = STR_INIT;

	/* Naming the rows may fail; the difference is there all the same. */
	if (name_rows(p, db, SIDE_OLD, c, &rows, e) != 0 ||
	    name_rows(p, db, SIDE_NEW, c, &rows, e) != 0)
		str_addf(&rows, ERR_LINE "  (which rows: %s)", e->text);
	err_set(e, ERR_DIFFERENT, "the two tables differ: %llu rows in the %s "
	    "one, %llu in the %s one%s", old, plan_here(p), new,
	    plan_there(p), rows.s);
	err_hint(e, "nothing was swapped; the rows are those of %s and %s.  "
	    "Something may have written to one of them past the triggers "
	    "(TRUNCATE, an exchanged partition, a write to the new table "
	    "itself), or livealter takes equal values for different ones: "
	    "compare a row that is named, then run it again", p->names.old.sql,
	    p->names.shadow.sql);
	str_free(&rows);
	return -1;
}

static int
compare(const struct plan *p, struct db *db, const struct chunk *c,
    unsigned long long *rows, struct err *e)
{
	struct checksum old, new;

	if (checksum_both(&old, &new, p, db, c, e) != 0)
		return -1;
	*rows = old.rows;
	return checksum_equal(&old, &new) ? 0 :
	    verify_tell(p, db, c, old.rows, new.rows, e);
}

static int
verify_chunk(void *arg, struct db *db, const struct chunk *c,
    struct chunk_done *done, struct err *e)
{
	const struct job *j = arg;
	struct err ignored = { .kind = ERR_NONE };
	int rc;

	if (db_quiet(db, e, "START TRANSACTION WITH CONSISTENT SNAPSHOT, "
	    "READ ONLY") != 0)
		return -1;
	rc = compare(j->plan, db, c, &done->rows, e);
	done->others = j->plan->filter != NULL && c->rows > done->rows ?
	    c->rows - done->rows : 0;
	if (db_quiet(db, rc == 0 ? e : &ignored, "COMMIT") != 0)
		rc = -1;
	return rc;
}

/*
 * When the new table cannot be read by the same ranges, each chunk was found
 * by joining from the old one, which does not see rows that are too many.
 */
int
verify_count(const struct plan *p, struct db *db, const struct query_beat *beat,
    struct err *e)
{
	struct chunk all = { .after = BOUND_INIT, .upto = BOUND_INIT };
	struct rows r = ROWS_INIT;
	struct str q = STR_INIT;
	struct interruptible_query a = { .shape = "vv",
	    .doing = "counting the rows", .beat = beat };
	int rc;

	str_addf(&q, "SELECT (SELECT COUNT(*) FROM %s USE INDEX FOR GROUP BY "
	    "(%s)", p->names.old.sql, p->walk->name.sql);
	if (p->filter != NULL) {
		str_addz(&q, " WHERE ");
		sql_expected(&q, p);
		str_addz(&q, "1");
	}
	str_addf(&q, "), (SELECT COUNT(*) FROM %s USE INDEX FOR GROUP BY (%s))",
	    p->names.shadow.sql, p->id_index.sql);
	a.sql = q.s;
	rc = interruptible_query_rows(db, &a, &r, e);
	if (rc == 0 && (r.n != 1 || strcmp(r.cell[0][0], r.cell[0][1]) != 0))
		rc = verify_tell(p, db, &all,
		    r.n == 1 ? strtoull(r.cell[0][0], NULL, 10) : 0,
		    r.n == 1 ? strtoull(r.cell[0][1], NULL, 10) : 0, e);
	rows_free(&r);
	str_free(&q);
	return rc;
}

static int
compare_counts(const struct plan *p, struct db *db,
    const struct query_beat *beat, struct err *e)
{
	return db_quiet(db, e, "START TRANSACTION WITH CONSISTENT SNAPSHOT, "
	    "READ ONLY") != 0 || verify_count(p, db, beat, e) != 0 ||
	    db_quiet(db, e, "COMMIT") != 0 ? -1 : 0;
}

static int
count_once(const struct plan *p, const struct query_beat *beat, struct err *e)
{
	struct db *db = NULL;
	int rc;

	rc = session_open(&db, p->server, "compare", SESSION_VERIFY, p->session,
	    e) != 0 || compare_counts(p, db, beat, e) != 0 ? -1 : 0;
	db_close(db);
	return rc;
}

/* As with a chunk, somebody's lock or KILL QUERY is no reason to end. */
int
verify_counts(const struct plan *p, const struct config *cfg,
    const struct query_beat *beat, struct err *e)
{
	unsigned int tries = 0;
	int rc;

	while ((rc = count_once(p, beat, e)) != 0 &&
	    db_class_conflict(e) && piece_again(&cfg->tries_copy_rows, &tries))
		e->kind = ERR_NONE;
	return rc;
}

int
verify_run(const struct plan *p, const struct config *cfg,
    const struct bound *upto, const struct walk_watch *watch,
    struct walk_result *result, struct err *e)
{
	const struct query_beat beat = { watch->meanwhile, watch->arg };
	const struct path path = plan_path(p);
	struct job j = { p };
	struct walk w = { .path = &path, .server = p->server, .cfg = cfg,
	    .verb = "compared", .threads = p->threads,
	    .session = SESSION_VERIFY,
	    .modes = p->session, .to_the_end = !p->in_order,
	    .upto = *upto, .chunk = verify_chunk, .arg = &j, .watch = watch };

	/* Nothing is copied yet. */
	if (p->in_order && upto->n == 0)
		return 0;

	if (walk_run(&w, result, e) != 0)
		return -1;
	return p->same_ranges ? 0 : verify_counts(p, cfg, &beat, e);
}
