/*
 * As in the application's own statements, rows of the table that it uses are
 * locked first, and then those of the one that is kept in step; so neither
 * waits for the other in a circle.
 */
#include "steps/mend.h"

#include <pthread.h>

#include "base/str.h"
#include "base/util.h"
#include "model/sql.h"
#include "server/session.h"
#include "steps/checksum.h"

struct job {
	const struct plan *plan;
	pthread_mutex_t lock;
	unsigned long long mended;
};

/* Its rows and the gaps between them, until the transaction ends. */
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
	str_addz(&q, " LOCK IN SHARE MODE");
	rc = db_rows(db, &r, "v", e, "%s", q.s);
	rows_free(&r);
	str_free(&q);
	return rc;
}

/* The session checks no foreign keys, which would delete further rows. */
static int
replace(const struct plan *p, struct db *db, const struct chunk *c,
    struct err *e)
{
	struct str q = STR_INIT;
	int rc;

	str_addf(&q, "DELETE FROM %s WHERE ", p->names.shadow.sql);
	sql_range(&q, p, SIDE_NEW, &c->after, &c->upto);
	rc = db_quiet(db, e, "START TRANSACTION") != 0 ||
	    hold(p, db, c, e) != 0 || db_run_text(db, q.s, e) != 0 ? -1 : 0;
	str_reset(&q);
	sql_copy(&q, p, &c->after, &c->upto, ROWS_UPTO);
	if (rc == 0 && (db_run_text(db, q.s, e) != 0 ||
	    db_quiet(db, e, "COMMIT") != 0))
		rc = -1;
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
	int rc = differs(j->plan, db, c, &done->rows, e);

	if (rc != 1)
		return rc;
	if (replace(j->plan, db, c, e) != 0)
		return -1;
	pthread_mutex_lock(&j->lock);
	j->mended += done->rows;
	pthread_mutex_unlock(&j->lock);
	return 0;
}

int
mend_run(const struct plan *p, const struct config *cfg,
    const struct walk_watch *watch, unsigned long long *mended,
    struct err *e)
{
	const struct path path = plan_path(p);
	struct job j = { .plan = p };
	struct walk w = { .path = &path, .server = p->server, .cfg = cfg,
	    .verb = "looked at", .session = SESSION_COPY,
	    .modes = p->session, .alone = p->numbers || p->in_order,
	    .to_the_end = true, .chunk = mend_chunk, .arg = &j,
	    .watch = watch };
	struct walk_result result;
	int rc;

	pthread_mutex_init(&j.lock, NULL);
	rc = walk_run(&w, &result, e);
	pthread_mutex_destroy(&j.lock);
	*mended = j.mended;
	return rc;
}
