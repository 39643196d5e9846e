/*
 * As in the application's own statements, rows of the table that it uses are
 * locked first, and then those of the one that is kept in step; so neither
 * waits for the other in a circle.
 */
#include "steps/mend.h"

#include <pthread.h>

#include "base/str.h"
#include "base/util.h"
#include "model/amend.h"
#include "model/sql.h"
#include "server/session.h"
#include "steps/checksum.h"
#include "steps/piece.h"
#include "steps/trust.h"
#include "steps/warning.h"

struct job {
	const struct plan *plan;
	const struct config *cfg;
	pthread_mutex_t lock;
	struct mend_result done;
};

static void
count(struct job *j, unsigned long long rows, unsigned long long bare)
{
	pthread_mutex_lock(&j->lock);
	j->done.rows += rows;
	j->done.bare += bare;
	pthread_mutex_unlock(&j->lock);
}

/*
 * Its rows and the gaps between them, until the transaction ends.  None of them
 * is waited for with others in our hands, as in the copy.
 */
static int
hold(const struct plan *p, struct db *db, const struct chunk *c,
    struct err *e)
{
	const struct path path = plan_path(p);
	struct rows r = ROWS_INIT;
	struct str q = STR_INIT;
	int rc;

	str_addz(&q, "SELECT COUNT(*)");
	path_from(&q, &path, NULL);
	str_addz(&q, " WHERE ");
	path_range(&q, &path, PATH_PLAIN, &c->after, &c->upto);
	str_addz(&q, p->copy_tail);
	rc = db_rows(db, &r, "v", e, "%s", q.s);
	rows_free(&r);
	str_free(&q);
	return rc;
}

/* Before the swap: does the new table hold what the rows have? */
static int
judge(const struct job *j, struct db *db, const struct chunk *c,
    struct err *e)
{
	struct str duplicate = STR_INIT;
	int rc;

	if (j->plan->complete || db_warnings(db) == 0)
		return 0;
	rc = warning_judge(j->plan, j->cfg, db, c, &duplicate, e);
	if (rc == 0 && duplicate.len > 0)
		rc = err_set(e, ERR_CHANGED, "rows would be lost, because "
		    "others have the same value in a unique key of the new "
		    "table: %s", duplicate.s);
	str_free(&duplicate);
	return rc;
}

/*
 * The session checks no foreign keys, which would delete further rows.  Rows
 * that are taken out first have no values in the way of others; but where the
 * table has more than the other, only what differs is touched.
 */
static int
take_out(const struct plan *p, struct db *db, const struct chunk *c,
    struct chunk_done *done, struct err *e)
{
	bool more = amend_has_more(p);
	struct str q = STR_INIT;
	int rc;

	if (more) {
		amend_delete(&q, p, &c->after, &c->upto);
	} else {
		str_addf(&q, "DELETE FROM %s WHERE ", p->names.shadow.sql);
		sql_range(&q, p, SIDE_NEW, &c->after, &c->upto);
	}
	/* An alias is looked for in the current schema. */
	rc = (more && db_quiet(db, e, "USE %s", p->names.old.db.sql) != 0) ||
	    db_run_text(db, q.s, e) != 0 ? -1 : 0;
	str_reset(&q);
	if (more && rc == 0) {
		done->rows = db_affected(db);
		amend_update(&q, p, &c->after, &c->upto);
		rc = db_run_text(db, q.s, e);
		done->rows += db_affected(db);
	}
	str_free(&q);
	return rc;
}

static int
replace(void *arg, struct db *db, const struct piece *piece,
    struct chunk_done *done, struct err *e)
{
	struct job *j = arg;
	const struct plan *p = j->plan;
	const struct chunk *c = &piece->part;
	unsigned long long copied;
	struct str q = STR_INIT;
	int rc;

	rc = db_quiet(db, e, "START TRANSACTION") != 0 ||
	    trust_hold(db, &p->names.shadow, p->id_index.sql, e) != 0 ||
	    hold(p, db, c, e) != 0 || take_out(p, db, c, done, e) != 0 ? -1 : 0;
	sql_copy(&q, p, &c->after, &c->upto, ROWS_UPTO);
	if (rc == 0)
		rc = db_run_text(db, q.s, e);
	copied = db_affected(db);
	done->rows += copied;
	if (rc == 0)
		rc = judge(j, db, c, e) != 0 ||
		    db_quiet(db, e, "COMMIT") != 0 ? -1 : 0;
	if (rc == 0 && amend_has_more(p))
		count(j, 0, copied);
	str_free(&q);
	return rc;
}

/* One snapshot of both. */
static int
differs(const struct plan *p, struct db *db, const struct chunk *c,
    unsigned long long *rows, struct err *e)
{
	struct checksum here, there;

	if (db_quiet(db, e, "START TRANSACTION WITH CONSISTENT SNAPSHOT, "
	    "READ ONLY") != 0 || checksum_both(&here, &there, p, db, c, e) != 0
	    || db_quiet(db, e, "COMMIT") != 0)
		return -1;
	*rows = here.rows;
	return !checksum_equal(&here, &there);
}

static int
mend_chunk(void *arg, struct db *db, const struct chunk *c,
    struct chunk_done *done, struct err *e)
{
	struct job *j = arg;
	const struct path path = plan_path(j->plan);
	const struct piece_work work = { .path = &path,
	    .tries = &j->cfg->tries_copy_rows, .run = replace, .arg = j };
	struct chunk_done again = { .rows = 0 };
	int rc = differs(j->plan, db, c, &done->rows, e);

	if (rc != 1)
		return rc;
	rc = piece_run(&work, db, c, &again, e);
	count(j, again.rows, 0);
	return rc;
}

int
mend_run(const struct plan *p, const struct config *cfg,
    const struct walk_watch *watch, struct mend_result *mended,
    struct err *e)
{
	const struct path path = plan_path(p);
	struct job j = { .plan = p, .cfg = cfg };
	struct walk w = { .path = &path, .server = p->server, .cfg = cfg,
	    .verb = "looked at", .session = SESSION_COPY,
	    .modes = p->session, .threads = p->threads,
	    .most = p->numbers || p->in_order,
	    .to_the_end = true, .chunk = mend_chunk, .arg = &j,
	    .watch = watch };
	struct walk_result result;
	int rc;

	pthread_mutex_init(&j.lock, NULL);
	rc = walk_run(&w, &result, e);
	pthread_mutex_destroy(&j.lock);
	*mended = j.done;
	return rc;
}
