#include "steps/follow.h"

#include <stdlib.h>
#include <string.h>

#include "base/event.h"
#include "base/stop.h"
#include "base/str.h"
#include "base/util.h"
#include "model/order.h"
#include "model/sql.h"
#include "server/session.h"
#include "steps/cursor.h"
#include "steps/piece.h"
#include "steps/trust.h"
#include "steps/warning.h"
#include "throttle/pause.h"

#define BATCH		200	/* rows in a transaction */
#define MOST_ROWS	1000	/* that are copied under the locks */
#define MOST_REJECTS	2000	/* and that are followed there */

static unsigned long long
number(const struct bound *b)
{
	return b->n > 0 ? strtoull(b->literal[0], NULL, 10) : 0;
}

bool
follow_reached(const struct bound *a, const struct bound *b)
{
	return number(a) <= number(b);
}

int
follow_frontier(struct db *db, const struct plan *p, struct bound *b,
    struct err *e)
{
	const struct path path = plan_path(p);
	struct bound last = BOUND_INIT;
	struct str q = STR_INIT;
	int rc;

	order_frontier(&q, p);
	rc = cursor_ask(db, &path, q.s, &last, e);
	if (rc == 1 && !follow_reached(&last, b))
		bound_copy(b, &last);
	bound_free(&last);
	str_free(&q);
	return rc < 0 ? -1 : 0;
}

/* A statement that order.h adds. */
static int
run(const struct follow *f, struct db *db, const char *ids,
    void (*add)(struct str *q, const struct plan *p, const char *ids),
    struct err *e)
{
	struct str q = STR_INIT;
	int rc;

	add(&q, f->plan, ids);
	rc = db_run_text(db, q.s, e);
	str_free(&q);
	return rc;
}

/* Lock the rows, or one of them by queueing for it with nothing in hand. */
static int
begin(const struct follow *f, struct db *db, const char *ids, size_t n,
    struct err *e)
{
	const struct plan *p = f->plan;
	struct str q = STR_INIT;
	int rc;

	if (f->locked)
		return 0;
	order_hold(&q, p, ids, n == 1);
	rc = db_quiet(db, e, "START TRANSACTION") != 0 ||
	    trust_hold(db, &p->names.shadow, p->id_index.sql, e) != 0 ||
	    db_run_text(db, q.s, e) != 0 ? -1 : 0;
	str_free(&q);
	return rc;
}

/* One row at a time is judged, so that it can be named. */
static int
judge(const struct follow *f, struct db *db, const unsigned long long *id,
    size_t n, struct err *e)
{
	struct chunk c = { .after = BOUND_INIT, .upto = BOUND_INIT, .rows = 1 };
	struct str duplicate = STR_INIT, text = STR_INIT;
	char *literal;
	int rc;

	if (n > 1) {
		err_set(e, ERR_SQL, "warnings");
		e->sqlno = DB_ERR_TOO_BIG;
		return -1;
	}
	str_addf(&text, "%llu", id[0]);
	literal = text.s;
	bound_set(&c.upto, f->plan->old, f->plan->walk, &literal);
	rc = warning_judge(f->plan, f->cfg, db, &c, &duplicate, e);
	if (rc != 0 && e->kind == ERR_CHANGED)
		e->kind = ERR_REJECTED;
	bound_free(&c.upto);
	str_free(&duplicate);
	str_free(&text);
	return rc;
}

/* Did one of them come in where the copy had been? */
static int
look_for_late(const struct follow *f, struct db *db, const char *ids,
    struct err *e)
{
	struct str q = STR_INIT;
	char *id = NULL;
	int rc;

	if (f->frontier->n == 0)
		return 0;
	order_late(&q, f->plan, ids, f->frontier->literal[0]);
	rc = db_value(db, &id, e, "%s", q.s);
	if (rc == 0 && id != NULL) {
		rc = err_set(e, ERR_REJECTED, "row %s came into the old table "
		    "after rows with larger document IDs (FTS_DOC_ID); the "
		    "new table takes them in ascending order only", id);
		err_hint(e, "the application's statement succeeded, and the "
		    "old table has the row; run it again");
	}
	free(id);
	str_free(&q);
	return rc;
}

static int
bring_rows(const struct follow *f, struct db *db,
    const unsigned long long *id, size_t n, struct err *e)
{
	struct str ids = STR_INIT;
	size_t i;
	int rc;

	for (i = 0; i < n; i++)
		str_addf(&ids, "%s%llu", i > 0 ? ", " : "", id[i]);
	rc = begin(f, db, ids.s, n, e);
	if (rc == 0)
		rc = run(f, db, ids.s, order_write, e);
	if (rc == 0 && db_warnings(db) > 0)
		rc = judge(f, db, id, n, e);
	if (rc == 0)
		rc = run(f, db, ids.s, order_delete, e);
	if (rc == 0)
		rc = look_for_late(f, db, ids.s, e);
	if (rc == 0)
		rc = run(f, db, ids.s, order_forget, e);
	if (rc == 0 && !f->locked)
		rc = db_quiet(db, e, "COMMIT");
	str_free(&ids);
	return rc;
}

/* A row that failed alone: it stays noted, or ends all. */
static int
leave_row(unsigned long long id, unsigned long long *left, struct err *e)
{
	struct err why = *e;

	if (db_class(e->sqlno) != DB_TOO_BIG) {
		++*left;
		memset(e, 0, sizeof(*e));
		return 0;
	}
	if (e->sqlno != DB_ERR_DOCUMENT_ID)
		return -1;
	err_set(e, ERR_REJECTED, "the application wrote what the new table "
	    "cannot hold: row %llu: %s", id, why.text);
	return err_hint(e, "a text of a FULLTEXT key changes only together "
	    "with its FTS_DOC_ID, as soon as the table has that key");
}

static bool
may_split(const struct err *e)
{
	return piece_may_split(e) || (e->kind == ERR_SQL &&
	    db_class(e->sqlno) == DB_DUPLICATE);
}

/* In halves, as long as some of them are in use. */
static int
bring(const struct follow *f, struct db *db, const unsigned long long *id,
    size_t n, unsigned long long *left, struct err *e)
{
	struct err ignored = { .kind = ERR_NONE };
	int rc = bring_rows(f, db, id, n, e);

	if (rc == 0)
		return 0;
	if (!f->locked && e->kind != ERR_LOST)
		db_quiet(db, &ignored, "ROLLBACK");
	if (!may_split(e))
		return -1;
	if (!f->locked && stop_requested())
		return err_set(e, ERR_STOPPED, "stopped");
	if (n == 1)
		return leave_row(id[0], left, e);
	memset(e, 0, sizeof(*e));
	rc = bring(f, db, id, n / 2, left, e);
	return rc != 0 ? rc : bring(f, db, id + n / 2, n - n / 2, left, e);
}

/* The next rows that are noted. */
static int
read_noted(const struct follow *f, struct db *db, unsigned long long after,
    unsigned long long *id, size_t *n, struct err *e)
{
	struct rows r = ROWS_INIT;
	struct str q = STR_INIT;
	size_t i;
	int rc;

	order_noted(&q, f->plan, after, BATCH);
	rc = db_rows(db, &r, "v", e, "%s", q.s);
	*n = rc == 0 && r.n < BATCH ? r.n : BATCH;
	for (i = 0; rc == 0 && i < *n; i++)
		id[i] = strtoull(r.cell[i][0], NULL, 10);
	rows_free(&r);
	str_free(&q);
	return rc;
}

/* Between two transactions. */
static int
may_go_on(const struct follow *f, struct err *e)
{
	const struct walk_watch *w = f->watch;

	return w == NULL ? 0 : pause_wait(w->gate, HOLD_WALK | HOLD_WRITE,
	    w->meanwhile, w->arg, e);
}

int
follow_bring(const struct follow *f, struct db *db, unsigned int batches,
    unsigned long long *left, struct err *e)
{
	unsigned long long id[BATCH], after = 0;
	unsigned int done = 0;
	size_t n;

	*left = 0;
	do {
		if (may_go_on(f, e) != 0 ||
		    read_noted(f, db, after, id, &n, e) != 0)
			return -1;
		if (n == 0)
			return 0;
		if (bring(f, db, id, n, left, e) != 0)
			return -1;
		after = id[n - 1];
	} while (n == BATCH && ++done != batches);
	return 0;
}

/* --- the end of the old table ---------------------------------------------*/

#define NAP	0.2	/* seconds: INNODB_TRX is read anew only after 0.1 */
#define LONGEST	20.0	/* seconds: what waited for a lock looks again */
#define PATIENT	2.0	/* seconds until it is said what is waited for */

/*
 * Statements that write, by their connections and transactions; of these, or of
 * all.  A transaction that is idle uses no table, and a SELECT has locked none.
 * One that has just looked at its ID and not yet locked the table does so while
 * we wait for the first time.
 */
static int
read_writers(struct db *db, struct str *list, struct err *e)
{
	struct rows r = ROWS_INIT;
	struct str among = STR_INIT;
	size_t i;
	int rc;

	if (list->len > 0)
		str_addf(&among, " AND CONCAT(trx_mysql_thread_id, ' ', "
		    "trx_started) IN (%s)", list->s);
	rc = db_rows(db, &r, "v", e, "SELECT CONCAT(trx_mysql_thread_id, ' ', "
	    "trx_started) FROM information_schema.INNODB_TRX WHERE "
	    "trx_tables_in_use > 0 AND trx_tables_locked > 0 AND "
	    "trx_mysql_thread_id <> CONNECTION_ID()%s", among.s);
	str_reset(list);
	for (i = 0; rc == 0 && i < r.n; i++)
		str_addf(list, "%s'%s'", i > 0 ? ", " : "", r.cell[i][0]);
	rows_free(&r);
	str_free(&among);
	return rc;
}

/* A look, after a moment; *list says who is left. */
static int
look_for_writers(struct db *db, const struct walk_watch *watch,
    bool patient, struct str *list, struct err *e)
{
	if (stop_sleep(NAP))
		return err_set(e, ERR_STOPPED, "stopped");
	if (patient) {
		event_wait(EVENT_WAIT_WRITERS,
		    "statements that write, and began before it");
		if (watch->meanwhile(watch->arg, e) != 0)
			return -1;
	}
	return read_writers(db, list, e);
}

static int
wait_for_writers(struct db *db, const struct walk_watch *watch,
    struct err *e)
{
	double began = now_s();
	struct str list = STR_INIT;
	int rc;

	do {
		rc = look_for_writers(db, watch, now_s() - began > PATIENT,
		    &list, e);
	} while (rc == 0 && list.len > 0 && now_s() - began < LONGEST);
	event_wait(EVENT_WAIT_WRITERS, NULL);
	str_free(&list);
	/* Without the privilege PROCESS, a moment has to be enough: a row that
	 * comes in late is found by its note. */
	if (rc != 0 && db_class(e->sqlno) == DB_DENIED) {
		memset(e, 0, sizeof(*e));
		rc = stop_sleep(1) ? err_set(e, ERR_STOPPED, "stopped") : 0;
	}
	return rc;
}

int
follow_end(struct db *db, const struct plan *p,
    const struct walk_watch *watch, struct bound *end, struct err *e)
{
	const struct path path = plan_path(p);
	int rc = cursor_last(db, &path, end, e);

	return rc <= 0 ? rc : wait_for_writers(db, watch, e) != 0 ? -1 : 1;
}

/* --- under the locks ------------------------------------------------------*/

/* Is there more than can be done while everybody waits? */
static int
too_much(struct db *db, const struct plan *p, const struct bound *frontier,
    struct err *e)
{
	const struct chunk rest = { .after = *frontier, .upto = BOUND_INIT,
	    .rows = MOST_ROWS + 1 };
	const struct path path = plan_path(p);
	struct bound found = BOUND_INIT;
	char *id = NULL;
	int rc;

	rc = cursor_nth(db, &path, &rest, "", &found, e);
	bound_free(&found);
	if (rc != 0)
		return rc;
	rc = db_value(db, &id, e, "SELECT seq FROM %s FORCE INDEX (PRIMARY) "
	    "LIMIT %d, 1", p->names.rejects.sql, MOST_REJECTS);
	if (rc == 0 && id != NULL)
		rc = 1;
	free(id);
	return rc;
}

int
follow_session(struct db *db, const struct plan *p, bool copies,
    struct err *e)
{
	struct str mode = STR_INIT;
	int rc;

	session_sql_mode(&mode, copies ? p->session : 0);
	rc = db_quiet(db, e, "SET SESSION foreign_key_checks = %d, "
	    "sql_mode = '%s', time_zone = %s", !copies || p->added->n > 0,
	    mode.s, copies && (p->session & SESSION_UTC) != 0 ?
	    "'+00:00'" : "DEFAULT");
	str_free(&mode);
	return rc;
}

/* What waits for another row's value may come after that one. */
static int
bring_all(const struct follow *f, struct db *db, struct err *e)
{
	unsigned long long left = 0, before;

	do {
		before = left;
		if (follow_bring(f, db, 0, &left, e) != 0)
			return -1;
	} while (left > 0 && left != before);
	if (left == 0)
		return 0;
	err_set(e, ERR_REJECTED, "%llu rows of the new table cannot be brought "
	    "up to date, because others have their values in a unique key: "
	    "rows may have exchanged them", left);
	return err_hint(e, "the application's statements succeeded, and the "
	    "old table has them; run it again");
}

static int
copy_rest(struct db *db, const struct follow *f, struct err *e)
{
	struct chunk c = { .after = BOUND_INIT, .upto = BOUND_INIT };
	struct str q = STR_INIT, duplicate = STR_INIT;
	int rc;

	bound_copy(&c.after, f->frontier);
	sql_copy(&q, f->plan, &c.after, &c.upto, ROWS_UPTO);
	rc = db_run_text(db, q.s, e);
	if (rc == 0 && db_warnings(db) > 0)
		rc = warning_judge(f->plan, f->cfg, db, &c, &duplicate, e);
	if (rc == 0 && duplicate.len > 0)
		rc = err_set(e, ERR_CHANGED, "rows would be lost, because "
		    "others have the same value in a unique key of the new "
		    "table: %s", duplicate.s);
	bound_free(&c.after);
	str_free(&duplicate);
	str_free(&q);
	return rc;
}

int
follow_finish(struct db *db, const struct plan *p, const struct config *cfg,
    struct bound *frontier, struct err *e)
{
	const struct follow f = { p, cfg, frontier, true, NULL };
	struct err ignored = { .kind = ERR_NONE };
	int rc;

	if (follow_frontier(db, p, frontier, e) != 0)
		return -1;
	rc = too_much(db, p, frontier, e);
	if (rc != 0)
		return rc;
	rc = follow_session(db, p, true, e) != 0 || bring_all(&f, db, e) != 0 ||
	    copy_rest(db, &f, e) != 0 ? -1 : 0;
	if (follow_session(db, p, false, rc == 0 ? e : &ignored) != 0)
		rc = -1;
	/* A step that is too wide for one transaction. */
	if (rc != 0 && e->kind == ERR_SQL &&
	    db_class(e->sqlno) == DB_TOO_BIG) {
		memset(e, 0, sizeof(*e));
		return 1;
	}
	return rc != 0 ? -1 : follow_frontier(db, p, frontier, e);
}
