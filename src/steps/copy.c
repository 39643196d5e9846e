/*
 * The copy.
 *
 * A chunk is one transaction: INSERT IGNORE ... SELECT with a locking read.
 * The lock is what makes it right: without it, a row deleted between the
 * read and the insert would come back.
 *
 * The locking read never waits while it holds locks.  If it did, it could
 * meet an application's transaction that waits for one of them, and InnoDB
 * would end the smaller of the two: the application's.  So it asks for NOWAIT;
 * what meets a lock is rolled back and tried again in pieces half as large.
 * A piece of one row may wait: it is read by its key, so that it holds nothing
 * yet, and a row that is always locked is only to be had by queueing.  What
 * comes in beside it meanwhile comes by the triggers.
 *
 * Where INSERT ... SELECT holds the new table's AUTO-INC lock to its end
 * (innodb_autoinc_lock_mode below 2, MariaDB's default), the application's
 * statements would wait for it in our triggers, hold it themselves, and
 * deadlock among each other.  So while the application writes, the server
 * puts the rows of a chunk into the text of an INSERT ... VALUES and runs
 * that: it takes no such lock.  It costs twice the work, so a table at rest
 * is copied by SELECT.
 */
#include "steps/copy.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/stop.h"
#include "base/util.h"
#include "model/sql.h"
#include "steps/warning.h"

#define BREATH	0.002	/* seconds: most transactions are over by then */
#define QUIET	1.0	/* seconds without a write: the table is at rest */
#define DOUBT	0.2	/* seconds until the first looks are believed */

struct job {
	const struct plan *plan;
	const struct config *cfg;
	/* Where INSERT ... SELECT takes the AUTO-INC lock: it goes alone, any
	 * number of INSERT ... VALUES go together. */
	pthread_rwlock_t lane;
	pthread_mutex_t lock;		/* guards what is below it */
	unsigned long long changes;	/* of the old table, as last seen */
	double changed;			/* when they were last others */
};

/*
 * A duplicate means that a trigger was there first; unless it is of another
 * unique key, and then a row is lost.  Which one it was cannot be told from
 * a number, so see whether every row has arrived.
 */
static int
is_missing(const struct job *j, struct db *db, const struct chunk *c,
    const char *duplicate, struct err *e)
{
	unsigned long long n = 0;
	struct str q = STR_INIT, where = STR_INIT;
	int rc;

	sql_missing(&q, j->plan, &c->after, &c->upto);
	rc = db_number(db, &n, e, "%s", q.s);
	if (rc == 0 && n > 0) {
		bound_print(&where, &c->upto);
		rc = err_set(e, ERR_CHANGED, "%llu rows up to %s would be "
		    "lost, because others have the same value in a unique key "
		    "of the new table: %s", n, where.s, duplicate);
		err_hint(e, "make the values unique first");
	}
	str_free(&q);
	str_free(&where);
	return rc;
}

/* INSERT ... SELECT; one at a time where they would wait for each other. */
static int
insert_select(struct job *j, struct db *db, const struct chunk *c, bool wait,
    double *idle, struct err *e)
{
	struct str q = STR_INIT;
	double began = now_s();
	int rc;

	sql_copy(&q, j->plan, &c->after, &c->upto, wait);
	if (j->plan->autoinc_lock)
		pthread_rwlock_wrlock(&j->lane);
	*idle += now_s() - began;
	rc = db_run_text(db, q.s, e);
	if (j->plan->autoinc_lock)
		pthread_rwlock_unlock(&j->lane);
	str_free(&q);
	return rc;
}

/* INSERT ... VALUES; a text that was cut off (warning 1260) will not do. */
static int
insert_values(struct job *j, struct db *db, const struct chunk *c,
    bool wait, struct err *e)
{
	struct str q = STR_INIT;
	int rc;

	sql_values(&q, j->plan, &c->after, &c->upto, wait);
	/* Before it locks rows, not with them in its hands. */
	pthread_rwlock_rdlock(&j->lane);
	rc = db_run_text(db, q.s, e);
	if (rc == 0 && db_warnings(db) > 0)
		rc = err_set(e, ERR_SQL, "the rows do not fit one statement");
	if (rc == 0)
		rc = db_run_text(db, sql_run_values, e);
	pthread_rwlock_unlock(&j->lane);
	str_free(&q);
	return rc;
}

static int
insert_piece(struct job *j, struct db *db, const struct chunk *c,
    bool by_values, bool wait, struct chunk_done *done, struct err *e)
{
	struct str duplicate = STR_INIT;
	int rc;

	rc = db_quiet(db, e, "START TRANSACTION");
	if (rc == 0)
		rc = by_values ? insert_values(j, db, c, wait, e) :
		    insert_select(j, db, c, wait, &done->idle, e);
	done->rows = db_affected(db);
	if (rc == 0 && db_warnings(db) > 0)
		rc = warning_judge(j->plan, j->cfg, db, c, &duplicate, e);
	if (rc == 0 && duplicate.len > 0 && j->plan->other_unique)
		rc = is_missing(j, db, c, duplicate.s, e);
	if (rc == 0)
		rc = db_quiet(db, e, "COMMIT");
	str_free(&duplicate);
	return rc;
}

/*
 * What cannot be done by VALUES, for whatever reason, is done by SELECT, which
 * converts nothing on the way and has the last word.
 */
static int
put_piece(struct job *j, struct db *db, const struct chunk *c, bool by_values,
    bool wait, struct chunk_done *done, struct err *e)
{
	struct err ignored = { .kind = ERR_NONE };
	int rc = insert_piece(j, db, c, by_values, wait, done, e);

	if (rc == 0 || !by_values || e->kind == ERR_LOST ||
	    db_class(e->sqlno) == DB_CONFLICT)
		return rc;
	db_quiet(db, &ignored, "ROLLBACK");
	return insert_piece(j, db, c, false, wait, done, e);
}

/* A piece failed: 1 try a smaller one, 0 try again, -1 give up. */
static int
recover(const struct job *j, struct db *db, unsigned long long rows,
    unsigned int *tries, struct err *e)
{
	const struct tries *t = &j->cfg->tries_copy_rows;
	struct err ignored = { .kind = ERR_NONE };
	enum db_class class = db_class(e->sqlno);

	if (e->kind == ERR_LOST)
		return -1;		/* walk_run() connects again */
	db_quiet(db, &ignored, "ROLLBACK");
	if (e->kind != ERR_SQL ||
	    (class != DB_CONFLICT && class != DB_TOO_BIG))
		return -1;
	if (stop_requested())
		return err_set(e, ERR_STOPPED, "stopped while rows were "
		    "locked");
	if (rows > 1) {
		stop_sleep(BREATH);
		return 1;
	}
	if (++*tries > t->times || class == DB_TOO_BIG) {
		/* It had its tries. */
		e->sqlno = 0;
		return -1;
	}
	return stop_sleep(t->wait) ? -1 : 0;
}

/* Where a piece of so many rows ends, inside the chunk. */
static int
cut_piece(const struct job *j, struct db *db, struct chunk *piece,
    const struct chunk *c, struct err *e)
{
	struct rows r = ROWS_INIT;
	struct str q = STR_INIT;
	int rc = 0;

	bound_copy(&piece->upto, &c->upto);
	if (piece->rows < c->rows) {
		sql_boundary(&q, j->plan, &piece->after, &c->upto,
		    piece->rows);
		rc = db_rows(db, &r, e, "%s", q.s);
		if (rc == 0 && r.n > 0)
			bound_set(&piece->upto, j->plan->old, j->plan->walk,
			    r.cell[0]);
	}
	rows_free(&r);
	str_free(&q);
	return rc;
}

/*
 * Has the application written in the last second?  Not allowed to ask, or not
 * to be found (the name is a file's): take it that it has.
 */
static bool
is_busy(struct job *j, struct db *db)
{
	const struct qname *old = &j->plan->names.old;
	struct err ignored = { .kind = ERR_NONE };
	struct str name = STR_INIT, q = STR_INIT;
	unsigned long long n = 0;
	bool busy = true;

	str_addf(&name, "%s/%s", old->db.raw, old->table.raw);
	db_literal(&q, db, name.s);
	if (db_number(db, &n, &ignored, "SELECT 1 + MODIFIED_COUNTER FROM "
	    "information_schema.INNODB_SYS_TABLESTATS WHERE NAME = %s",
	    q.s) != 0)
		n = 0;
	pthread_mutex_lock(&j->lock);
	/* The first look only tells where it stands. */
	if (n == 0 || (j->changes != 0 && n != j->changes))
		j->changed = now_s();
	j->changes = n;
	busy = j->changed > 0 && now_s() - j->changed < QUIET;
	pthread_mutex_unlock(&j->lock);
	str_free(&name);
	str_free(&q);
	return busy;
}

static int
copy_chunk(void *arg, struct db *db, const struct chunk *c,
    struct chunk_done *all, struct err *e)
{
	struct job *j = arg;
	struct chunk piece = { BOUND_INIT, BOUND_INIT, c->rows };
	struct chunk_done one;
	unsigned int tries = 0;
	bool met = false, done = false;
	bool by_values = j->plan->by_values && is_busy(j, db);
	int rc = 0;

	bound_copy(&piece.after, &c->after);
	while (!done && rc >= 0) {
		memset(&one, 0, sizeof(one));
		rc = cut_piece(j, db, &piece, c, e);
		if (rc == 0)
			rc = put_piece(j, db, &piece, by_values,
			    piece.rows == 1, &one, e);
		if (rc != 0) {
			rc = recover(j, db, piece.rows, &tries, e);
			met = true;
			if (rc == 1)
				piece.rows = (piece.rows + 1) / 2;
			continue;
		}
		all->rows += one.rows;
		all->idle += one.idle;
		tries = 0;
		done = bound_equal(&piece.upto, &c->upto);
		bound_copy(&piece.after, &piece.upto);
		if (piece.rows < c->rows)
			piece.rows *= 2;
	}
	bound_free(&piece.after);
	bound_free(&piece.upto);
	return rc < 0 ? -1 : met;
}

int
copy_run(const struct plan *p, const struct config *cfg,
    walk_meanwhile_fn *meanwhile, void *arg, struct walk_result *result,
    struct err *e)
{
	struct job j = { .plan = p, .cfg = cfg };
	struct walk w = { .plan = p, .cfg = cfg, .verb = "copied",
	    .session = SESSION_COPY, .chunk = copy_chunk, .arg = &j,
	    .meanwhile = meanwhile, .meanwhile_arg = arg };
	int rc;

	pthread_mutex_init(&j.lock, NULL);
	pthread_rwlock_init(&j.lane, NULL);
	/* One look tells nothing; until there are some, take it to be busy. */
	j.changed = now_s() - QUIET + DOUBT;
	rc = walk_run(&w, result, e);
	pthread_rwlock_destroy(&j.lane);
	pthread_mutex_destroy(&j.lock);
	return rc;
}
