#include "steps/bring.h"

#include <stdlib.h>
#include <string.h>

#include "base/event.h"
#include "base/stop.h"
#include "base/str.h"
#include "model/by_key.h"
#include "steps/cursor.h"
#include "steps/follow.h"
#include "steps/piece.h"
#include "steps/trust.h"
#include "steps/warning.h"
#include "throttle/pause.h"

#define BATCH		200	/* rows in a transaction */
#define MOST_NOTES	2000	/* that are brought over under the locks */
#define BREATH		0.05	/* seconds, when somebody has the tables */

/* A statement of by_key.h. */
static int
run(const struct bring *b, struct db *db,
    void (*add)(struct str *q, const struct plan *p), struct err *e)
{
	struct str q = STR_INIT;
	int rc;

	add(&q, b->plan);
	rc = db_run_text(db, q.s, e);
	str_free(&q);
	return rc;
}

static int
set_state(const struct bring *b, struct db *db, enum by_key_state from,
    enum by_key_state to, unsigned int limit, struct err *e)
{
	struct str q = STR_INIT;
	int rc;

	by_key_turn(&q, b->plan, from, to, limit);
	rc = db_run_text(db, q.s, e);
	str_free(&q);
	return rc;
}

/* One row is there to be judged: where it is, as a chunk of its own. */
static int
find_row(const struct bring *b, struct db *db, struct chunk *c,
    struct err *e)
{
	const struct path path = plan_path(b->plan);
	struct str q = STR_INIT;
	int rc;

	by_key_where(&q, b->plan);
	rc = cursor_ask(db, &path, q.s, &c->upto, e);
	if (rc == 1) {
		str_reset(&q);
		by_key_before(&q, b->plan, &c->upto);
		rc = cursor_ask(db, &path, q.s, &c->after, e);
	}
	str_free(&q);
	return rc < 0 ? -1 : 0;
}

/*
 * A row alone that another one is in the way of stays deleted until that has
 * gone: two of them may have exchanged their values.
 */
static int
judge(const struct bring *b, struct db *db, const struct chunk *c,
    bool *waits, struct err *e)
{
	struct str duplicate = STR_INIT;
	int rc;

	rc = warning_judge(b->plan, b->cfg, db, c, &duplicate, e);
	if (rc != 0 && e->kind == ERR_CHANGED) {
		e->kind = c->rows > 1 ? ERR_SQL : ERR_REJECTED;
		e->sqlno = c->rows > 1 ? DB_ERR_TOO_BIG : 0;
	}
	*waits = rc == 0 && duplicate.len > 0 && c->rows == 1;
	if (rc == 0 && duplicate.len > 0 && c->rows > 1) {
		rc = err_set(e, ERR_SQL, "%s", duplicate.s);
		e->sqlno = DB_ERR_TOO_BIG;
	}
	str_free(&duplicate);
	return rc;
}

static int
begin(const struct bring *b, struct db *db, struct err *e)
{
	const struct plan *p = b->plan;

	/* Under LOCK TABLES each statement is a transaction of its own. */
	if (b->locked)
		return 0;
	return db_quiet(db, e, "START TRANSACTION") != 0 ||
	    trust_hold(db, &p->names.shadow, p->id_index.sql, e) != 0 ? -1 :
	    0;
}

/* The rows that are taken. */
static int
move(const struct bring *b, struct db *db, const struct chunk *c,
    bool *waits, struct err *e)
{
	unsigned long long cleared = 0, written = 0;
	struct brought *count = b->brought;
	int rc = begin(b, db, e);

	if (rc == 0) {
		rc = run(b, db, by_key_clear, e);
		cleared = rc == 0 ? db_affected(db) : 0;
	}
	if (rc == 0) {
		rc = run(b, db, by_key_write, e);
		written = rc == 0 ? db_affected(db) : 0;
	}
	if (rc == 0 && db_warnings(db) > 0)
		rc = judge(b, db, c, waits, e);
	if (rc == 0 && !b->locked)
		rc = db_quiet(db, e, "COMMIT");
	if (count != NULL && (rc == 0 || b->locked))
		count->rows += written - cleared;
	if (count != NULL && rc != 0 && e->kind == ERR_LOST)
		count->known = false;
	return rc;
}

/* Some of them failed: each alone, it is told which. */
static int
split(const struct bring *b, struct db *db, unsigned long long n,
    struct err *e)
{
	struct err ignored = { .kind = ERR_NONE };

	if (!b->locked)
		db_quiet(db, &ignored, "ROLLBACK");
	if (n <= 1 || !piece_may_split(e))
		return -1;
	memset(e, 0, sizeof(*e));
	return set_state(b, db, NOTE_TAKEN, NOTE_ALONE, 0, e);
}

/* Those that are taken: so many. */
static int
bring_taken(const struct bring *b, struct db *db, unsigned long long n,
    unsigned long long *left, struct err *e)
{
	struct chunk c = { .after = BOUND_INIT, .upto = BOUND_INIT, .rows = n };
	int rc = n == 1 ? find_row(b, db, &c, e) : 0;
	bool waits = false;

	if (rc == 0)
		rc = move(b, db, &c, &waits, e);
	bound_free(&c.after);
	bound_free(&c.upto);
	if (rc != 0)
		return e->kind == ERR_LOST || db_class_conflict(e) ? -1 :
		    split(b, db, n, e);
	*left += waits;
	return waits ? set_state(b, db, NOTE_TAKEN, NOTE_WAITS, 0, e) :
	    run(b, db, by_key_forget, e);
}

/* The next ones of a state.  1; 0 when there is none; -1 with *e. */
static int
bring_next(const struct bring *b, struct db *db, enum by_key_state from,
    unsigned int limit, unsigned long long *left, struct err *e)
{
	unsigned long long n;

	if (set_state(b, db, from, NOTE_TAKEN, limit, e) != 0)
		return -1;
	n = db_affected(db);
	if (n == 0)
		return 0;
	return bring_taken(b, db, n, left, e) != 0 ? -1 : 1;
}

/* What a try has left behind, of this run or of one that died. */
static int
take_back(const struct bring *b, struct db *db, bool waiting, struct err *e)
{
	return set_state(b, db, NOTE_TAKEN, NOTE_NEW, 0, e) != 0 ||
	    set_state(b, db, NOTE_ALONE, NOTE_NEW, 0, e) != 0 || (waiting &&
	    set_state(b, db, NOTE_WAITS, NOTE_NEW, 0, e) != 0) ? -1 : 0;
}

/* Between two transactions. */
static int
may_go_on(const struct bring *b, struct err *e)
{
	const struct walk_watch *w = b->watch;

	if (!b->locked && stop_requested())
		return err_set(e, ERR_STOPPED, "stopped");
	return w == NULL ? 0 : pause_wait(w->gate, HOLD_WALK | HOLD_WRITE,
	    w->meanwhile, w->arg, e);
}

static int
bring_batches(const struct bring *b, struct db *db, unsigned int batches,
    unsigned long long *left, struct err *e)
{
	unsigned int done = 0;
	int rc;

	do {
		if (may_go_on(b, e) != 0)
			return -1;
		rc = bring_next(b, db, NOTE_NEW, BATCH, left, e);
		while (rc == 1 && bring_next(b, db, NOTE_ALONE, 1, left, e) ==
		    1)
			;
		if (e->kind != ERR_NONE)
			return -1;
	} while (rc == 1 && ++done != batches);
	return rc < 0 ? -1 : 0;
}

int
bring_some(const struct bring *b, struct db *db, unsigned int batches,
    unsigned long long *left, struct err *e)
{
	struct err ignored = { .kind = ERR_NONE };
	bool again = false;

	*left = 0;
	/* A statement of the application may take as long as it likes. */
	while (take_back(b, db, !again, e) != 0 ||
	    bring_batches(b, db, batches, left, e) != 0) {
		if (b->locked || !db_class_conflict(e))
			return -1;
		db_quiet(db, &ignored, "ROLLBACK");
		event_wait(EVENT_WAIT_ROW, "a table that another session has "
		    "locked");
		if (stop_sleep(BREATH))
			return err_set(e, ERR_STOPPED, "stopped");
		memset(e, 0, sizeof(*e));
		again = true;
	}
	if (again)
		event_wait(EVENT_WAIT_ROW, NULL);
	return 0;
}

int
bring_count(struct db *db, const struct plan *p,
    const struct query_beat *beat, struct brought *brought, struct err *e)
{
	struct interruptible_query a = { .shape = "v",
	    .doing = "counting the rows", .beat = beat };
	struct rows r = ROWS_INIT;
	struct str q = STR_INIT;
	int rc;

	str_addf(&q, "SELECT COUNT(*) FROM %s USE INDEX FOR GROUP BY (%s)",
	    p->names.shadow.sql, p->id_index.sql);
	a.sql = q.s;
	rc = interruptible_query_rows(db, &a, &r, e);
	brought->known = rc == 0 && r.n == 1;
	if (brought->known)
		brought->rows = strtoull(r.cell[0][0], NULL, 10);
	rows_free(&r);
	str_free(&q);
	return rc;
}

#define TIMES(scope) "(SELECT VARIABLE_VALUE FROM information_schema." scope \
    "_STATUS WHERE VARIABLE_NAME = 'COM_LOCK_TABLES')"

int
bring_locked(struct db *db, unsigned long long *times, struct err *e)
{
	*times = 0;
	return db_server(db)->mariadb ? db_number(db, times, e, "SELECT "
	    TIMES("GLOBAL") " - " TIMES("SESSION")) : 0;
}

/* --- under the locks ------------------------------------------------------*/

/* What waits for another row's value may come after that one. */
static int
bring_all(const struct bring *b, struct db *db, struct err *e)
{
	unsigned long long left = 0, before;

	do {
		before = left;
		if (bring_some(b, db, 0, &left, e) != 0)
			return -1;
	} while (left > 0 && left != before);
	if (left == 0)
		return 0;
	err_set(e, ERR_REJECTED, "%llu rows cannot be written to the new "
	    "table, because others have their values in a unique key", left);
	return err_hint(e, "the application's statements succeeded, and the "
	    "old table has them; make the values unique first");
}

static int
bring_rest(const struct bring *b, struct db *db, struct err *e)
{
	struct err ignored = { .kind = ERR_NONE };
	int rc = follow_session(db, b->plan, true, e) != 0 ||
	    bring_all(b, db, e) != 0 ? -1 : 0;

	if (follow_session(db, b->plan, false, rc == 0 ? e : &ignored) != 0)
		rc = -1;
	return rc;
}

int
bring_finish(const struct bring *b, struct db *db, struct err *e)
{
	const struct names *n = &b->plan->names;
	unsigned long long notes = 0, rows = 0;

	if (db_number(db, &notes, e, "SELECT COUNT(*) FROM %s",
	    n->rejects.sql) != 0)
		return -1;
	if (notes > MOST_NOTES || !b->brought->known)
		return 1;
	if (bring_rest(b, db, e) != 0 || db_number(db, &rows, e,
	    "SELECT COUNT(*) FROM %s", n->old.sql) != 0)
		return -1;
	return rows == b->brought->rows ? 0 : 2;
}
