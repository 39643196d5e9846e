/*
 * The exclusive metadata locks of live tables.
 *
 * While one waits in the queue for it, every new statement on the table waits
 * behind; and a transaction that has already read the table and now wants to
 * write it is told "deadlock" (1213) at once, because the server prefers DDL
 * over it (MySQL: MDL_ticket::get_deadlock_weight).  An application would
 * see an error that is ours.  So the lock is taken when no session holds it:
 *
 * MariaDB tries without waiting (lock_wait_timeout=0) and is refused at once
 * when it cannot have it.  MySQL knows no timeout below a second; there
 * performance_schema.metadata_locks is asked in the same packet, and the
 * statement runs only when no session holds the lock.  That leaves some
 * microseconds in which somebody may come; so a second connection looks
 * whether the statement waits all the same, and takes it out of the queue.
 *
 * Only when a free moment does not come for seconds does the statement queue,
 * for one second, and lets traffic pass before the next time.  Not even then
 * when one and the same transaction has been there all the while: it is not
 * going to end in that second, and everybody else would wait for nothing.
 */
#include "steps/mdl.h"

#include <math.h>
#include <stdlib.h>

#include "base/event.h"
#include "base/log.h"
#include "base/stop.h"
#include "base/str.h"
#include "base/util.h"
#include "server/peer.h"
#include "steps/blocker.h"

#define PATIENCE	8.0	/* seconds of looking for a free moment */
#define GLANCE		1.0	/* the same, from the second time on */
#define BLINK		0.002	/* seconds between two looks */
#define SLIP		0.002	/* seconds in the queue, on MySQL */
#define IMPATIENT	1.0	/* seconds between asking who is in the way */
#define PREPARED	"livealter_statement"

/* One wait for the locks, until they are had or it is given up. */
struct wait {
	struct db *db;
	const struct server *s;		/* of db */
	struct db *killer;		/* see db_run_if(); may be NULL */
	const struct mdl_set *set;
	const struct tries *tries;
	const char *sql;
	const char *follows;		/* MySQL: see prepare(); NULL: nothing
					 * can follow a question */
	double began;
	bool named;			/* those in the way, at least once */
	struct blocker_watch watch;
};

/* Seconds until the deadline. */
static double
left(const struct wait *w)
{
	if (w->tries->deadline <= 0)
		return HUGE_VAL;
	return w->began + w->tries->deadline - now_s();
}

/* MySQL: one try in a moment when no session holds, or waits for, the lock. */
static int
try_when_free(struct wait *w, struct err *e)
{
	const struct db_patience patience = { w->killer, SLIP, peer_withdraw };
	struct str q = STR_INIT;
	size_t i;
	int rc;

	/* A lookup in the index for each is quicker than a scan for all. */
	for (i = 0; i < w->set->n; i++) {
		str_addf(&q, "%s NOT EXISTS (SELECT 1 FROM "
		    "performance_schema.metadata_locks WHERE OBJECT_TYPE = "
		    "'TABLE' AND ", i > 0 ? " AND" : "SELECT");
		db_match(&q, w->db, "OBJECT_SCHEMA", "OBJECT_NAME",
		    w->set->table[i]);
		str_addz(&q, ")");
	}
	rc = db_run_if(w->db, &patience, q.s, w->follows, e);
	str_free(&q);
	return rc;
}

/* MariaDB: one try that does not wait. */
static int
try_at_once(struct wait *w, struct err *e)
{
	struct err e2 = { .kind = ERR_NONE };
	int rc;

	if (db_quiet(w->db, e, "SET SESSION lock_wait_timeout=0") != 0)
		return -1;
	rc = db_quiet(w->db, e, "%s", w->sql);
	if (rc != 0 && e->kind == ERR_LOST)
		return -1;
	if (db_quiet(w->db, &e2, "SET SESSION lock_wait_timeout=1") != 0 &&
	    rc == 0) {
		*e = e2;
		return -1;
	}
	return rc;
}

/* It was not for the lock that it failed. */
static bool
fatal(const struct err *e)
{
	return e->kind == ERR_LOST || db_class(e->sqlno) != DB_CONFLICT;
}

/* One try that does not queue.  1: the lock was not to be had. */
static int
try_now(struct wait *w, struct err *e)
{
	int rc;

	rc = w->s->mariadb ? try_at_once(w, e) : try_when_free(w, e);
	return rc == -1 && !fatal(e) ? 1 : rc;
}

static int
stopped(struct err *e)
{
	return err_set(e, ERR_STOPPED, "stopped while waiting for the table");
}

static void
say_waiting(const struct qname *table)
{
	struct str what = STR_INIT;

	str_addf(&what, "a moment when no session uses %s", table->sql);
	event_wait(EVENT_WAIT_LOCK, what.s);
	str_free(&what);
}

static void
beat(struct db *db)
{
	const struct db_beat *b = db_beat(db);

	if (b->run != NULL)
		b->run(b->arg);
}

static int
look_again(struct wait *w, double patience, struct err *e)
{
	double began = now_s(), asked = began;
	int rc;

	for (;;) {
		rc = try_now(w, e);
		if (rc != 1 || now_s() - began >= patience)
			return rc;
		if (now_s() - asked > IMPATIENT) {
			if (!w->named)
				say_waiting(w->set->table[0]);
			blocker_look(&w->watch, !w->named);
			w->named = true;
			beat(w->db);
			asked = now_s();
		}
		if (stop_sleep(BLINK))
			return stopped(e);
	}
}

/* Without a way to look there is only the queue. */
static bool
can_look(const struct wait *w)
{
	return w->s->mariadb || (w->s->sees_locks && w->follows != NULL);
}

static int
look_for_a_moment(struct wait *w, double patience, struct err *e)
{
	struct err ignored = { .kind = ERR_NONE };
	int rc;

	if (!can_look(w))
		return 1;
	/* No connection to be had: then a slip lasts a second. */
	if (!w->s->mariadb && db_beside(&w->killer, w->db, &ignored) != 0) {
		db_close(w->killer);
		w->killer = NULL;
	}
	rc = look_again(w, patience < left(w) ? patience : left(w), e);
	db_close(w->killer);
	w->killer = NULL;
	return rc;
}

/* For a second everybody waits behind us.  As look_for_a_moment(). */
static int
queue(struct wait *w, struct err *e)
{
	const char *table = w->set->table[0]->sql;

	if (!can_look(w))
		log_warn("%s, so the lock of %s is requested without a look "
		    "at its holders",
		    w->s->sees_locks ? "max_prepared_stmt_count is reached" :
		    "performance_schema.metadata_locks cannot be read", table);
	else
		log_warn("%s is never free; queueing for it for a second, in "
		    "which transactions that read it before they write it "
		    "may get error 1213", table);
	if (db_quiet(w->db, e, "%s", w->sql) == 0)
		return 0;
	return fatal(e) ? -1 : 1;
}

/* Look, and then queue if that is of use.  1: the lock was not to be had. */
static int
try_hard(struct wait *w, double patience, struct err *e)
{
	unsigned long long eldest;
	size_t killed;
	int rc;

	do {
		rc = look_for_a_moment(w, patience, e);
		if (rc != 1)
			return rc;
		killed = w->watch.killed;
		eldest = blocker_look(&w->watch, true);
	} while (w->watch.killed > killed && left(w) > 0);
	return (double)eldest >= PATIENCE || left(w) <= 0 ? 1 : queue(w, e);
}

static int
give_up(const struct wait *w, struct err *e)
{
	const char *table = w->set->table[0]->sql;

	if (left(w) <= 0) {
		err_set(e, ERR_LIMIT, "%s was in use for %g s", table,
		    w->tries->deadline);
		return err_hint(e, "end the transactions that hold it, or "
		    "allow more by --metadata-lock-deadline");
	}
	err_set(e, ERR_SQL, "%s was in use each of %u times", table,
	    w->tries->times);
	return err_hint(e, "a long transaction holds the table; end it, or "
	    "allow more --tries, or let --kill-blockers end it");
}

static int
may_try(const struct wait *w, struct err *e)
{
	struct gate_reasons r = GATE_REASONS_INIT;
	int rc = gate_look(w->set->gate, HOLD_SWAP, &r, e);

	gate_free_reasons(&r);
	return rc;
}

/* Others pass meanwhile.  True after a signal. */
static bool
let_pass(const struct wait *w, double seconds)
{
	const double until = now_s() + seconds;
	double rest;

	while ((rest = until - now_s()) > 0) {
		beat(w->db);
		if (stop_sleep(rest < IMPATIENT ? rest : IMPATIENT))
			return true;
	}
	return stop_requested();
}

static int
persist(struct wait *w, struct err *e)
{
	double pause = w->tries->wait, nap;
	unsigned int i;
	int rc;

	for (i = 1;; i++) {
		rc = may_try(w, e);
		if (rc != 1)
			return rc == 0 ? 1 : -1;
		rc = try_hard(w, i == 1 ? PATIENCE : GLANCE, e);
		if (rc != 1)
			return rc;
		if (i >= w->tries->times || left(w) <= 0)
			return give_up(w, e);
		nap = pause < left(w) ? pause : left(w);
		event_retry(&(struct event_retry){ w->set->table[0]->sql, nap,
		    i, w->tries->times });
		if (let_pass(w, nap))
			return stopped(e);
		pause = pause < 8 ? 2 * pause : pause;
	}
}

static int
run(struct wait *w, struct err *e)
{
	int rc;

	w->began = now_s();
	w->watch = (struct blocker_watch){ .db = w->db, .set = w->set,
	    .rule = &w->tries->kill_blockers };
	rc = persist(w, e);
	/* What a try said that came too early is no failure. */
	if (rc >= 0)
		e->kind = ERR_NONE;
	event_wait(EVENT_WAIT_LOCK, NULL);
	blocker_free(&w->watch);
	return rc;
}

/* ER_UNSUPPORTED_PS, ER_MAX_PREPARED_STMT_COUNT_REACHED */
#define NOT_PREPARED 1295
#define TOO_MANY_PREPARED 1461

/*
 * MySQL: what a question goes before in one packet.  A text that others wrote
 * (a comment, an expression) must not end there by a ";", so what is sent is
 * EXECUTE.  What the server does not prepare it has seen to be one statement.
 */
static int
prepare(struct wait *w, struct err *e)
{
	if (db_prepare(w->db, PREPARED, w->sql, e) == 0)
		w->follows = "EXECUTE " PREPARED;
	else if (e->kind != ERR_LOST && e->sqlno == NOT_PREPARED)
		w->follows = w->sql;
	else if (e->kind == ERR_LOST || e->sqlno != TOO_MANY_PREPARED)
		return -1;
	e->kind = ERR_NONE;
	return 0;
}

int
mdl_run(struct db *db, const struct mdl_set *set, const struct tries *tries,
    const char *sql, struct err *e)
{
	struct wait w = { .db = db, .s = db_server(db), .set = set,
	    .tries = tries, .sql = sql };
	struct err ignored = { .kind = ERR_NONE };
	int rc;

	event_sql(sql);
	if (!w.s->mariadb && prepare(&w, e) != 0)
		return -1;
	rc = run(&w, e);
	if (w.follows != NULL && w.follows != sql &&
	    (rc >= 0 || e->kind != ERR_LOST))
		db_quiet(db, &ignored, "DEALLOCATE PREPARE " PREPARED);
	return rc;
}

int
mdl_run_with_parents(struct db *db, const struct qname *table,
    const struct fkeys *f, const struct tries *tries, const char *sql,
    struct err *e)
{
	const struct qname **t = xcalloc(1, sizeof(*t));
	struct mdl_set set = { NULL, 1, 0, NULL };
	int rc;

	t[0] = table;
	fkey_parents(f, &t, &set.n);
	set.table = t;
	rc = mdl_run(db, &set, tries, sql, e);
	free(t);
	return rc;
}

void
mdl_lock_text(struct str *q, const struct mdl_set *set)
{
	size_t i;

	for (i = 0; i < set->n; i++)
		str_addf(q, "%s%s %s", i > 0 ? ", " : "LOCK TABLES ",
		    set->table[i]->sql,
		    i < set->n - set->reads ? "WRITE" : "READ");
}

int
mdl_hold(struct db *db, const struct mdl_set *set, const struct tries *tries,
    struct err *e)
{
	struct str q = STR_INIT;
	struct wait w = { .db = db, .s = db_server(db), .set = set,
	    .tries = tries };
	int rc;

	mdl_lock_text(&q, set);
	w.sql = w.follows = q.s;
	event_sql(q.s);
	rc = run(&w, e);
	str_free(&q);
	return rc;
}

int
mdl_reopen(struct db *db, const struct qname *table, struct err *e)
{
	const struct server *s = db_server(db);
	struct err failed = { .kind = ERR_NONE };
	int rc;

	if (!s->mariadb)
		return 0;
	rc = db_quiet(db, &failed, "FLUSH LOCAL TABLES %s", table->sql);
	if (rc != 0 && db_class(failed.sqlno) == DB_DENIED)
		rc = db_quiet(db, &failed, "ALTER TABLE %s DROP CONSTRAINT IF "
		    "EXISTS `livealter: no such constraint`", table->sql);
	if (rc == 0 || failed.kind != ERR_LOST)
		return 0;
	*e = failed;
	return -1;
}

/* ER_TRG_CORRUPTED_FILE, ER_TRG_NO_CREATION_CTX, ER_ERROR_IN_TRIGGER_BODY,
 * ER_ERROR_IN_UNKNOWN_TRIGGER_BODY */
static const unsigned int unread[] = { 1602, 1603, 1710, 1711 };
#define ER_PARSE_ERROR 1064

void
mdl_explain(const struct server *s, const struct qname *table, struct err *e)
{
	bool is = e->sqlno == ER_PARSE_ERROR && e->kind != ERR_ALTER &&
	    e->kind != ERR_USAGE;
	size_t i;

	for (i = 0; i < sizeof(unread) / sizeof(unread[0]); i++)
		is = is || e->sqlno == unread[i];
	if (s->mariadb && is && e->hint[0] == '\0')
		err_hint(e, "the server may have read the triggers of %s in "
		    "part only, after a CREATE TRIGGER that failed or a KILL: "
		    "FLUSH TABLES %s makes it read them again", table->sql,
		    table->sql);
}

int
mdl_release(struct db *db, int rc, struct err *e)
{
	struct err ignored = { .kind = ERR_NONE };

	return db_run_text(db, "UNLOCK TABLES", rc == 0 ? e : &ignored) != 0 ?
	    -1 : rc;
}
