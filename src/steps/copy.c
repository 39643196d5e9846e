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

#include "base/stop.h"
#include "base/util.h"
#include "model/by_key.h"
#include "model/journal.h"
#include "model/sql.h"
#include "steps/bring.h"
#include "steps/cursor.h"
#include "steps/follow.h"
#include "steps/piece.h"
#include "steps/checksum.h"
#include "steps/trust.h"
#include "steps/warning.h"

#define SOME_BATCHES 5	/* of what was noted, before a chunk */
#define UNMARKED 5.0	/* seconds without a mark after one that failed */

struct job {
	const struct plan *plan;
	const struct config *cfg;
	const struct registry *registry;
	struct activity *activity;		/* of the old table */
	/* Where INSERT ... SELECT takes the AUTO-INC lock: it goes alone, any
	 * number of INSERT ... VALUES go together. */
	pthread_rwlock_t lane;
	pthread_mutex_t lock;		/* guards what is below it */
	struct walk_result compared;	/* of what was copied until now, */
	bool all;			/* if all of it was */
	double mark_from;		/* no mark is noted until then */
};

/* A try to copy a piece. */
struct attempt {
	struct job *job;
	struct db *db;
	const struct piece *piece;
	/* What is copied of it: with --where, not further than the last row
	 * that matches; none: there is no such row. */
	struct chunk part;
	bool none;
	bool by_values;
	bool marks;			/* the registry is told, if need be */
	bool fenced;			/* see put_fence() */
	bool stale;			/* see is_missing() */
	struct chunk_done *done;
};

/* May rows of the old table have the same value in a key of the new one? */
static bool
may_merge(const struct plan *p)
{
	return p->merges || p->n_new_keys > 0;
}

/*
 * A duplicate means that a trigger was there first; unless it is of another
 * unique key, and then a row is lost.  Which one it was cannot be told from
 * a number, so see whether every row has arrived.
 *
 * If only this brings rows over (by_key.h), another row may just be out of
 * date.  Then those of the piece are noted, and come when that one is not.
 */
static int
is_missing(struct attempt *a, const char *duplicate, struct err *e)
{
	const struct chunk *c = &a->part;
	unsigned long long n = 0;
	struct str q = STR_INIT, where = STR_INIT;
	int rc;

	sql_missing(&q, a->job->plan, &c->after, &c->upto);
	rc = db_number(a->db, &n, e, "%s", q.s);
	a->stale = n > 0 && a->job->plan->by_key && !may_merge(a->job->plan);
	if (rc == 0 && n > 0 && !a->stale) {
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
insert_select(struct attempt *a, enum sql_rows which, struct err *e)
{
	const struct chunk *c = &a->part;
	struct job *j = a->job;
	struct str q = STR_INIT;
	double began = now_s();
	int rc;

	sql_copy(&q, j->plan, &c->after, &c->upto, which);
	if (j->plan->autoinc_lock)
		pthread_rwlock_wrlock(&j->lane);
	a->done->idle += now_s() - began;
	rc = db_run_text(a->db, q.s, e);
	if (j->plan->autoinc_lock)
		pthread_rwlock_unlock(&j->lane);
	str_free(&q);
	return rc;
}

/* INSERT ... VALUES; a text that was cut off (warning 1260) will not do. */
static int
insert_values(struct attempt *a, enum sql_rows which, struct err *e)
{
	const struct chunk *c = &a->part;
	struct job *j = a->job;
	struct str q = STR_INIT;
	int rc;

	sql_values(&q, j->plan, &c->after, &c->upto, which);
	/* Before it locks rows, not with them in its hands. */
	pthread_rwlock_rdlock(&j->lane);
	rc = db_run_text(a->db, q.s, e);
	if (rc == 0 && db_warnings(a->db) > 0)
		rc = err_set(e, ERR_SQL, "the rows do not fit one statement");
	if (rc == 0)
		rc = db_run_text(a->db, sql_run_values, e);
	pthread_rwlock_unlock(&j->lane);
	str_free(&q);
	return rc;
}

static bool
may_mark(struct job *j)
{
	bool yes;

	pthread_mutex_lock(&j->lock);
	yes = j->registry->id != 0 && now_s() >= j->mark_from;
	pthread_mutex_unlock(&j->lock);
	return yes;
}

static void
put_off_marks(struct job *j)
{
	pthread_mutex_lock(&j->lock);
	j->mark_from = now_s() + UNMARKED;
	pthread_mutex_unlock(&j->lock);
}

/* Rows that --where leaves out, or that a trigger has brought; about. */
static unsigned long long
passed_over(const struct attempt *a)
{
	unsigned long long rows = a->piece->part.rows;

	return a->job->plan->filter != NULL && rows > a->done->rows ?
	    rows - a->done->rows : 0;
}

/*
 * With the last piece of a chunk the registry is told how far the copy is, in
 * the same transaction: both are there after a crash, or neither is.  Only
 * one worker at a time has the chunk that moves the mark, so they never wait
 * for each other; what they may meet is a heartbeat, or an operator's request.
 * Then, and whatever else is wrong with it, 1: do the piece again without.
 */
static int
note_mark(struct attempt *a, struct err *e)
{
	const struct piece *p = a->piece;
	struct job *j = a->job;
	struct bound mark = BOUND_INIT;
	struct str q = STR_INIT;
	unsigned long long total = 0;
	int rc = 0;

	if (may_mark(j) &&
	    bound_equal(&p->part.upto, &p->chunk->upto) &&
	    cursor_mark(p->chunk, p->before + a->done->rows +
	    passed_over(a), &mark, &total)) {
		registry_mark(&q, j->registry, a->db, &mark, total);
		rc = db_quiet(a->db, e, "%s", q.s);
		if (rc != 0 && e->kind != ERR_LOST) {
			put_off_marks(j);
			rc = 1;
		}
	}
	bound_free(&mark);
	str_free(&q);
	return rc;
}

/* The table that it writes to is ours, to the end of the transaction. */
static int
begin(const struct plan *p, struct db *db, struct err *e)
{
	return db_quiet(db, e, "START TRANSACTION") != 0 ||
	    trust_hold(db, &p->names.shadow, p->id_index.sql, e) != 0 ? -1 :
	    0;
}

/*
 * MySQL cannot be told to wait for no lock, so there the INSERT may meet, in
 * the new table, a row that the application has not committed yet, or the gap
 * before one: a page that is split leaves the lock of its first record to the
 * gap (lock_rec_inherit_to_gap()).  It would wait for that with the old table's
 * rows in its hands.  But a session that has written a row there has
 * locked it here, too.  So the last row of the piece is copied first, with
 * nothing else in our hands, and is a fence: what comes then is all before it,
 * and no session has written there whose rows could not be locked.
 *
 * a->fenced says whether it is there.  It is not when it has come with a
 * warning, so that all of them are judged together.
 */
static int
put_fence(struct attempt *a, struct err *e)
{
	if (insert_select(a, ROW_AT, e) != 0)
		return -1;
	a->fenced = db_warnings(a->db) == 0;
	if (a->fenced)
		a->done->rows = db_affected(a->db);
	return a->fenced ? 0 : db_quiet(a->db, e, "ROLLBACK") != 0 ||
	    begin(a->job->plan, a->db, e) != 0 ? -1 : 0;
}

/* Lock the rows that are to be copied, or wait for none of them. */
static int
hold_rows(const struct attempt *a, enum sql_rows which, struct err *e)
{
	const struct chunk *c = &a->part;
	struct str q = STR_INIT;
	int rc;

	sql_hold(&q, a->job->plan, &c->after, &c->upto, which);
	rc = db_run_text(a->db, q.s, e);
	str_free(&q);
	return rc;
}

/* Begin the transaction of a piece that goes with one INSERT ... SELECT. */
static int
begin_piece(struct attempt *a, struct err *e)
{
	const struct plan *p = a->job->plan;

	a->fenced = false;
	a->done->rows = 0;
	if (begin(p, a->db, e) != 0)
		return -1;
	if (p->hold_head == NULL || a->part.rows <= 1)
		return 0;
	if (!p->numbers && !p->in_order && put_fence(a, e) != 0)
		return -1;
	return hold_rows(a, a->fenced ? ROWS_BEFORE : ROWS_UPTO, e);
}

/* A row alone is waited for; in order, with any that come in before it. */
static enum sql_rows
rows_of(const struct attempt *a)
{
	if (a->part.rows > 1)
		return a->fenced ? ROWS_BEFORE : ROWS_UPTO;
	return a->job->plan->in_order ? ROWS_UPTO_WAIT : ROW_AT_WAIT;
}

/* In a transaction that it begins. */
static int
insert_rows(struct attempt *a, struct err *e)
{
	const struct job *j = a->job;
	struct str duplicate = STR_INIT;
	int rc;

	if (a->none)
		return begin(j->plan, a->db, e);
	rc = begin_piece(a, e);
	if (rc == 0)
		rc = a->by_values ? insert_values(a, rows_of(a), e) :
		    insert_select(a, rows_of(a), e);
	a->done->rows += db_affected(a->db);
	if (rc == 0 && db_warnings(a->db) > 0)
		rc = warning_judge(j->plan, j->cfg, a->db, &a->part,
		    &duplicate, e);
	if (rc == 0 && duplicate.len > 0 && j->plan->other_unique)
		rc = is_missing(a, duplicate.s, e);
	str_free(&duplicate);
	return rc;
}

/* When the transaction is over: the notes are no part of any. */
static int
note_rows(const struct attempt *a, struct err *e)
{
	const struct chunk *c = &a->piece->part;
	struct str q = STR_INIT;
	int rc;

	by_key_again(&q, a->job->plan, &c->after, &c->upto);
	rc = db_run_text(a->db, q.s, e);
	str_free(&q);
	return rc;
}

static int
insert_piece(struct attempt *a, struct err *e)
{
	struct err ignored = { .kind = ERR_NONE };
	int rc;

	rc = insert_rows(a, e);
	if (rc == 0 && a->marks)
		rc = note_mark(a, e);
	if (rc == 0)
		rc = db_quiet(a->db, e, "COMMIT");
	if (rc == 0 && a->stale)
		rc = note_rows(a, e);
	if (rc != 1)
		return rc;
	db_quiet(a->db, &ignored, "ROLLBACK");
	a->marks = false;
	return insert_piece(a, e);
}

/*
 * What cannot be done by VALUES, for whatever reason, is done by SELECT, which
 * converts nothing on the way and has the last word.
 */
static int
put_piece(struct attempt *a, struct err *e)
{
	struct err ignored = { .kind = ERR_NONE };
	int rc = insert_piece(a, e);

	if (rc == 0 || !a->by_values || e->kind == ERR_LOST ||
	    db_class(e->sqlno) == DB_CONFLICT)
		return rc;
	db_quiet(a->db, &ignored, "ROLLBACK");
	a->by_values = false;
	a->marks = true;
	return insert_piece(a, e);
}

/*
 * With --where the last row of a piece may stay where it is, and then it is no
 * fence, and need not be waited for.  A row that matches and that no trigger
 * has brought is as it was before there were triggers, so that any snapshot
 * has it.
 */
static int
find_match(struct attempt *a, struct bound *last, struct err *e)
{
	const struct plan *p = a->job->plan;
	const struct path path = plan_path(p);
	struct str q = STR_INIT;
	int rc;

	a->part = a->piece->part;
	if (p->filter == NULL || (p->hold_head == NULL && a->part.rows > 1))
		return 0;
	sql_last_match(&q, p, &a->part.after, &a->part.upto);
	rc = cursor_ask(a->db, &path, q.s, last, e);
	a->part.upto = *last;
	a->none = rc == 0;
	str_free(&q);
	return rc < 0 ? -1 : 0;
}

/* A chunk, as a worker copies it. */
struct copying {
	struct job *job;
	bool by_values;
	double idle;			/* seconds of come_up() */
};

static int
run_piece(void *arg, struct db *db, const struct piece *p,
    struct chunk_done *done, struct err *e)
{
	const struct copying *c = arg;
	struct attempt a = { .job = c->job, .db = db, .piece = p,
	    .by_values = c->by_values, .marks = true, .done = done };
	struct bound last = BOUND_INIT;
	int rc = find_match(&a, &last, e);

	if (rc == 0)
		rc = put_piece(&a, e);
	done->others = passed_over(&a);
	bound_free(&last);
	if (rc != 0 && e->sqlno == DB_ERR_DOCUMENT_ID && p->part.rows <= 1)
		err_hint(e, "MySQL takes no document ID (FTS_DOC_ID) that is "
		    "more than 65534 after the last one; its own ALTER TABLE "
		    "fails here, too");
	return rc;
}

static bool
wants_comparison(struct job *j)
{
	bool yes;

	pthread_mutex_lock(&j->lock);
	yes = j->all;
	pthread_mutex_unlock(&j->lock);
	return yes;
}

static bool
is_equal(struct job *j, struct db *db, const struct chunk *c,
    unsigned long long *rows)
{
	struct err ignored = { .kind = ERR_NONE };
	struct checksum old, new;

	if (!activity_is_kept(j->activity) ||
	    checksum_both(&old, &new, j->plan, db, c, &ignored) != 0)
		return false;
	*rows = old.rows;
	return checksum_equal(&old, &new);
}

/*
 * Where only one worker at a time can copy, the others have nothing to do but
 * compare what they have just copied.  It counts when no other session writes
 * until all is copied; known says that it is known how much the copy has
 * written.
 */
static void
compare_chunk(struct job *j, struct db *db, const struct chunk *c,
    bool known, double *idle)
{
	double took, began = db_clock(db);
	unsigned long long rows = 0;
	bool equal = known && is_equal(j, db, c, &rows);

	took = db_clock(db) - began;
	pthread_mutex_lock(&j->lock);
	j->all = j->all && equal;
	j->compared.rows += rows;
	j->compared.seconds += took;
	pthread_mutex_unlock(&j->lock);
	*idle += took;
}

/*
 * In order, what was noted comes first, so that no row meets one that is not up
 * to date; and what is there already is not copied again, which InnoDB would
 * refuse: the chunk may have been done just when the connection broke.
 */
static int
come_up(struct job *j, struct db *db, struct bound *after,
    unsigned int batches, double *idle, struct err *e)
{
	const struct follow f = { j->plan, j->cfg, after, false, NULL };
	const struct bring b = { .plan = j->plan, .cfg = j->cfg };
	double began = db_clock(db);
	unsigned long long left;
	int rc;

	if (!journal_is_kept(j->plan))
		return 0;
	rc = j->plan->by_key ? bring_some(&b, db, batches, &left, e) :
	    follow_frontier(db, j->plan, after, e) != 0 ||
	    follow_bring(&f, db, batches, &left, e) != 0 ? -1 : 0;
	*idle += db_clock(db) - began;
	return rc;
}

/*
 * Where only this brings rows over, one that is lost may only have met one that
 * is not up to date.
 */
#define STALE_TRIES	10
#define STALE_WAIT	0.05	/* seconds */

static int
repair(void *arg, struct db *db, unsigned int failed, struct bound *after,
    struct err *e)
{
	struct copying *c = arg;

	if (!journal_is_kept(c->job->plan) || e->kind != ERR_CHANGED ||
	    failed >= STALE_TRIES)
		return 0;
	if (stop_sleep(STALE_WAIT))
		return -1;
	return come_up(c->job, db, after, 0, &c->idle, e) != 0 ? -1 : 1;
}

/* What is left of a chunk. */
static int
copy_rest(struct copying *copying, struct db *db, const struct chunk *rest,
    struct chunk_done *done, struct err *e)
{
	const struct plan *p = copying->job->plan;
	const struct path path = plan_path(p);
	const struct piece_work w = {
		.path = &path,
		.tries = &copying->job->cfg->tries_copy_rows,
		/* In order, the next row is the one that others have not
		 * committed. */
		.waiting = p->in_order ? p->copy_tail_wait : NULL,
		.patient = p->by_key,
		.run = run_piece,
		.repair = repair,
		.arg = copying,
	};

	return p->in_order && follow_reached(&rest->upto, &rest->after) ? 0 :
	    piece_run(&w, db, rest, done, e);
}

static int
copy_chunk(void *arg, struct db *db, const struct chunk *c,
    struct chunk_done *all, struct err *e)
{
	struct job *j = arg;
	struct copying copying = { .job = j, .by_values =
	    j->plan->autoinc_lock && activity_is_busy(j->activity, db) &&
	    j->plan->by_values };
	unsigned long long written = 0, now = 0;
	bool known = wants_comparison(j) && activity_written(db, &written);
	struct chunk rest = *c;
	int rc;

	rest.after = (struct bound)BOUND_INIT;
	bound_copy(&rest.after, &c->after);
	rc = come_up(j, db, &rest.after, SOME_BATCHES, &copying.idle, e);
	if (rc == 0)
		rc = copy_rest(&copying, db, &rest, all, e);
	bound_free(&rest.after);
	all->idle += copying.idle;
	if (rc == 0 && wants_comparison(j)) {
		known = known && activity_written(db, &now);
		activity_except(j->activity, now - written);
		compare_chunk(j, db, c, known, &all->idle);
	}
	return rc;
}

int
copy_run(const struct copy *c, struct copy_result *result, struct err *e)
{
	const struct plan *p = c->plan;
	const struct path path = plan_path(p);
	struct job j = { .plan = p, .cfg = c->cfg, .registry = c->registry,
	    .activity = c->activity, .all = p->autoinc_lock &&
	    p->same_ranges && p->threads > 1 &&
	    c->cfg->verify != VERIFY_NONE && c->registry->mark.n == 0 };
	bool begins = result->from.n == 0;
	struct walk w = { .path = &path, .server = p->server, .cfg = c->cfg,
	    .verb = p->filter != NULL ? "looked at" : "copied",
	    .session = SESSION_COPY, .modes = p->session,
	    .threads = p->threads,
	    .most = p->numbers || p->in_order || p->by_key,
	    .locks_table = p->by_key, .chunk = copy_chunk,
	    .arg = &j, .from = begins ? c->registry->mark : result->from,
	    .from_rows = begins ? c->registry->rows : result->before,
	    .upto = result->upto, .watch = c->watch };
	int rc;

	pthread_mutex_init(&j.lock, NULL);
	pthread_rwlock_init(&j.lane, NULL);
	rc = walk_run(&w, &result->walk, e);
	result->compared = j.compared;
	result->all = j.all;
	pthread_rwlock_destroy(&j.lane);
	pthread_mutex_destroy(&j.lock);
	return rc;
}
