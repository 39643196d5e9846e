#include "steps/proof.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/stop.h"
#include "base/str.h"
#include "base/util.h"
#include "model/sql.h"
#include "server/session.h"
#include "steps/cursor.h"
#include "steps/checksum.h"
#include "steps/verify.h"

#define AUTO_LIMIT	600.0	/* seconds that the comparison took */
#define MOST		4	/* snapshots: each is taken under the locks */
#define NAP		0.05	/* seconds until a snapshot may be free */

/*
 * A worker of the walk takes a snapshot for the time of a chunk; the mutex
 * guards who has which.
 */
struct proof {
	const struct server *server;
	pthread_mutex_t lock;
	struct db **db;
	bool *taken;
	size_t n;
	struct db *kept_free;		/* for the worker that it will need */
	bool borrows;			/* that of the cut-over instead */
	struct plan swapped;		/* by the names after the swap */
	bool frozen;			/* no session writes to the old table */
};

bool
proof_is_wanted(const struct config *cfg, double compared)
{
	switch (cfg->verify_swap) {
	case VERIFY_SWAP_NO:
		return false;
	case VERIFY_SWAP_YES:
		return true;
	case VERIFY_SWAP_AUTO:
		break;
	}
	/* An empty table is compared in no time. */
	return cfg->verify != VERIFY_NONE && compared >= 0 &&
	    compared < AUTO_LIMIT;
}

/* One of the connections, anew unless it is there and well. */
static int
open_one(struct db **db, const struct plan *p, struct err *e)
{
	struct err ignored = { .kind = ERR_NONE };

	if (*db != NULL && db_quiet(*db, &ignored, "DO 0") == 0)
		return 0;
	db_close(*db);
	*db = NULL;
	return session_open(db, p->server, "proof", SESSION_VERIFY,
	    p->session, e);
}

/* The cut-over lacks one, which is the worker's when it is through. */
size_t
proof_shrink(struct proof *pr)
{
	if (!pr->borrows) {
		pr->borrows = true;
		db_close(pr->kept_free);
		pr->kept_free = NULL;
		return pr->n;
	}
	pr->n--;
	db_close(pr->db[pr->n]);
	pr->db[pr->n] = NULL;
	return pr->n;
}

int
proof_open(struct proof **proof, const struct plan *p, struct err *e)
{
	struct proof *pr = *proof;
	size_t i;

	if (pr == NULL) {
		pr = xcalloc(1, sizeof(*pr));
		pr->server = p->server;
		pr->n = p->threads < MOST ? p->threads : MOST;
		pr->db = xcalloc(pr->n, sizeof(*pr->db));
		pr->taken = xcalloc(pr->n, sizeof(*pr->taken));
		pthread_mutex_init(&pr->lock, NULL);
		*proof = pr;
	}
	if (!pr->borrows && open_one(&pr->kept_free, p, e) != 0)
		return -1;
	for (i = 0; i < pr->n; i++)
		if (open_one(&pr->db[i], p, e) != 0)
			break;
	if (i == 0 || (i < pr->n && db_class(e->sqlno) != DB_CROWDED))
		return -1;
	e->kind = ERR_NONE;
	if (i < pr->n) {
		db_close(pr->db[i]);
		pr->db[i] = NULL;
		pr->n = i;
	}
	return 0;
}

void
proof_close(struct proof *pr)
{
	size_t i;

	if (pr == NULL)
		return;
	for (i = 0; i < pr->n; i++)
		db_close(pr->db[i]);
	db_close(pr->kept_free);
	free(pr->db);
	free(pr->taken);
	free(pr->swapped.checksum_old);
	free(pr->swapped.checksum_new);
	pthread_mutex_destroy(&pr->lock);
	free(pr);
}

int
proof_begin(struct proof *pr, struct err *e)
{
	size_t i;

	for (i = 0; i < pr->n; i++)
		if (db_quiet(pr->db[i], e, "START TRANSACTION WITH CONSISTENT "
		    "SNAPSHOT, READ ONLY") != 0)
			return err_while(e, "the snapshot of the swap");
	return 0;
}

void
proof_end(struct proof *pr)
{
	struct err ignored = { .kind = ERR_NONE };
	size_t i;

	for (i = 0; pr != NULL && i < pr->n; i++)
		db_quiet(pr->db[i], &ignored, "ROLLBACK");
}

/* A statement that was ended, or met a lock, leaves the snapshot as it was. */
static int
snapshot_failed(struct err *e)
{
	struct err why = *e;

	if (db_class_conflict(e))
		return -1;
	err_set(e, ERR_UNPROVEN, "the snapshot of the swap was lost: %s",
	    why.text);
	e->sqlno = why.sqlno;
	return -1;
}

/* A snapshot that no other worker uses; there may be fewer of them than of
 * workers.  NULL after a signal. */
static struct db *
take(struct proof *pr)
{
	struct db *db = NULL;
	size_t i;

	do {
		pthread_mutex_lock(&pr->lock);
		for (i = 0; i < pr->n && db == NULL; i++)
			if (!pr->taken[i]) {
				pr->taken[i] = true;
				db = pr->db[i];
			}
		pthread_mutex_unlock(&pr->lock);
	} while (db == NULL && !stop_sleep(NAP));
	return db;
}

static void
give_back(struct proof *pr, const struct db *db)
{
	size_t i;

	pthread_mutex_lock(&pr->lock);
	for (i = 0; i < pr->n; i++)
		if (pr->db[i] == db)
			pr->taken[i] = false;
	pthread_mutex_unlock(&pr->lock);
}

/*
 * A metadata lock goes with the savepoint behind which it was taken, so that
 * an ALTER by somebody else has to wait for a chunk, not for the whole proof
 * with the application behind it.  The snapshot stays.
 */
static int
hold_on(struct db *snap, struct err *e)
{
	return db_quiet(snap, e, "SAVEPOINT livealter");
}

static int
let_go(struct db *snap, int rc, struct err *e)
{
	struct err e2 = { .kind = ERR_NONE };

	/* An error may have ended the transaction, and with it the view. */
	if (db_quiet(snap, &e2, "ROLLBACK TO SAVEPOINT livealter") != 0) {
		if (rc == 0 || e->kind == ERR_SQL)
			*e = e2;
		return -1;
	}
	return rc;
}

/* What a worker reads both tables by. */
struct view {
	struct proof *proof;
	struct db *snap;		/* as they were, */
	struct db *now;			/* and as they are */
};

static int
read_snapshot(const struct view *v, enum side side, const struct chunk *c,
    struct checksum *s, struct err *e)
{
	return hold_on(v->snap, e) != 0 ? -1 : let_go(v->snap,
	    checksum_side(s, &v->proof->swapped, v->snap, side, c, e), e);
}

/* What one of the two tables holds of a chunk; the new one in the snapshot,
 * the old one for good, unless it is kept in step. */
static int
read_both(const struct view *v, const struct chunk *c, struct checksum *old,
    struct checksum *new, struct err *e)
{
	const struct proof *pr = v->proof;

	if (read_snapshot(v, SIDE_NEW, c, new, e) != 0 || (!pr->frozen &&
	    read_snapshot(v, SIDE_OLD, c, old, e) != 0))
		return snapshot_failed(e);
	return pr->frozen ? checksum_side(old, &pr->swapped, v->now, SIDE_OLD,
	    c, e) : 0;
}

static int
lost(struct proof *pr, struct err *e)
{
	const struct plan *p = &pr->swapped;

	e->kind = ERR_LOSS;
	return err_hint(e, "%s is kept and has these rows as they were before "
	    "the swap; applications use %s.  Compare them in both tables, "
	    "bring over what is missing, and then DROP TABLE %s",
	    p->names.old.sql, p->names.shadow.sql, p->names.old.sql);
}

/*
 * The snapshot has no difference, so what differs came to the old table
 * between it and the RENAME.  Where the new table has the same by now, the
 * triggers have brought it.
 */
static int
judge_late(const struct view *v, const struct chunk *c, struct err *e)
{
	const struct plan *p = &v->proof->swapped;
	struct checksum old, new;

	if (checksum_both(&old, &new, p, v->now, c, e) != 0)
		return -1;
	if (checksum_equal(&old, &new))
		return 0;
	verify_tell(p, v->now, c, old.rows, new.rows, e);
	err_while(e, "written to the old table in the moment of the swap");
	return lost(v->proof, e);
}

/*
 * Halve the chunk until it is a row: others next to it may be written to by
 * the application since.
 */
static int
look_for_late(const struct view *v, const struct chunk *c,
    unsigned long long rows, struct err *e)
{
	struct chunk half = { .after = BOUND_INIT, .upto = BOUND_INIT };
	const struct chunk first = { .after = c->after, .upto = c->upto,
	    .rows = rows / 2 };
	const struct path path = plan_path(&v->proof->swapped);
	struct checksum old, new;
	int rc;

	if (read_both(v, c, &old, &new, e) != 0)
		return -1;
	if (checksum_equal(&old, &new))
		return 0;
	if (rows < 2)
		return judge_late(v, c, e);
	bound_copy(&half.after, &c->after);
	rc = cursor_nth(v->now, &path, &first, "", &half.upto, e);
	if (rc == 1)
		rc = look_for_late(v, &half, rows / 2, e);
	if (rc == 0 && half.upto.n > 0) {
		bound_copy(&half.after, &half.upto);
		bound_copy(&half.upto, &c->upto);
		rc = look_for_late(v, &half, rows - rows / 2, e);
	}
	bound_free(&half.after);
	bound_free(&half.upto);
	return rc;
}

/* Is the difference there in the snapshot, too? */
static int
tell_difference(const struct view *v, const struct chunk *c,
    const struct checksum *new, struct err *e)
{
	struct checksum old;
	int rc = read_snapshot(v, SIDE_OLD, c, &old, e);

	if (rc == 0 && checksum_equal(&old, new))
		return look_for_late(v, c, old.rows > new->rows ?
		    old.rows : new->rows, e);
	if (rc == 0)
		rc = hold_on(v->snap, e);
	if (rc != 0)
		return snapshot_failed(e);
	verify_tell(&v->proof->swapped, v->snap, c, old.rows, new->rows, e);
	let_go(v->snap, -1, e);
	return lost(v->proof, e);
}

static int
prove(const struct view *v, const struct chunk *c, struct chunk_done *done,
    struct err *e)
{
	const struct proof *pr = v->proof;
	struct checksum old, new;
	int rc = read_both(v, c, &old, &new, e);

	if (rc == 0) {
		done->rows = old.rows;
		if (pr->swapped.filter != NULL && c->rows > old.rows)
			done->others = c->rows - old.rows;
		if (!checksum_equal(&old, &new))
			rc = tell_difference(v, c, &new, e);
	}
	return rc;
}

/* The walk knows the way of its own connection only. */
static int
prove_chunk(void *arg, struct db *db, const struct chunk *c,
    struct chunk_done *done, struct err *e)
{
	const struct view v = { arg, take(arg), db };
	double began, clock;
	int rc;

	if (v.snap == NULL)
		return err_set(e, ERR_STOPPED, "stopped");
	clock = db_clock(v.snap);
	began = now_s();
	rc = prove(&v, c, done, e);
	clock = db_clock(v.snap) - clock;
	done->idle += now_s() - began - clock;
	give_back(arg, v.snap);
	return rc;
}

/*
 * By joins from the old table, rows that are too many in the new one are not
 * seen.
 */
static int
prove_counts(struct proof *pr, const struct query_beat *beat, struct err *e)
{
	struct plan *p = &pr->swapped;
	struct db *snap = pr->db[0];
	int rc = hold_on(snap, e);

	if (rc == 0)
		rc = let_go(snap, verify_count(p, snap, beat, e), e);
	if (rc == 0)
		return 0;
	return e->kind == ERR_DIFFERENT ? lost(pr, e) : snapshot_failed(e);
}

int
proof_run(struct proof *pr, const struct plan *p, const struct config *cfg,
    const struct walk_watch *watch, struct walk_result *result,
    struct err *e)
{
	struct path path;
	struct walk w = { .path = &path, .server = pr->server, .cfg = cfg,
	    .verb = "proved", .session = SESSION_VERIFY,
	    .modes = p->session, .threads = p->threads,
	    .most = (unsigned int)pr->n, .to_the_end = true,
	    .chunk = prove_chunk,
	    .arg = pr, .watch = watch };
	const struct query_beat beat = { watch->meanwhile, watch->arg };
	int rc;

	sql_after_swap(&pr->swapped, p);
	path = plan_path(&pr->swapped);
	/* What the old table is to have given to the new one is seen in the
	 * snapshot only. */
	pr->frozen = p->back == NULL && p->filter == NULL;
	db_close(pr->kept_free);
	pr->kept_free = NULL;
	rc = walk_run(&w, result, e);
	if (rc == 0 && !p->same_ranges)
		rc = prove_counts(pr, &beat, e);
	return rc;
}
