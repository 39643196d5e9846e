/*
 * The exclusive metadata lock of a live table.
 *
 * While one waits in the queue for it, every new statement on the table waits
 * behind; and a transaction that has already read the table and now wants to
 * write it is told "deadlock" (1213) at once, because the server prefers DDL
 * over it (MySQL: MDL_ticket::get_deadlock_weight).  An application would
 * see an error that is ours.  So the lock is taken when nobody holds it:
 *
 * MariaDB tries without waiting (lock_wait_timeout=0) and is refused at once
 * when it cannot have it.  MySQL knows no timeout below a second; there
 * performance_schema.metadata_locks is asked in the same packet, and the
 * statement runs only when nobody holds the lock.  That leaves some
 * microseconds in which somebody may come.  Only when a free moment does not
 * come for seconds does the statement queue, for one second, and lets
 * traffic pass before the next time.
 */
#include "steps/mdl.h"

#include "base/log.h"
#include "base/stop.h"
#include "base/util.h"

#define PATIENCE	5.0	/* seconds of looking for a free moment */
#define BLINK		0.002	/* seconds between two looks */

/* "Is nobody but us using the table?", 1 when so. */
static void
ask_free(struct str *q, struct db *db, const struct qname *table)
{
	str_addz(q, "SELECT COUNT(*) = 0 FROM "
	    "performance_schema.metadata_locks WHERE OBJECT_TYPE = 'TABLE' "
	    "AND OBJECT_SCHEMA = ");
	db_literal(q, db, table->db.raw);
	str_addz(q, " AND OBJECT_NAME = ");
	db_literal(q, db, table->table.raw);
}

/* MySQL: one try in a moment when nobody holds the lock. */
static int
try_when_free(struct db *db, const struct qname *table, const char *sql,
    struct err *e)
{
	struct str q = STR_INIT;
	int rc;

	ask_free(&q, db, table);
	rc = db_run_if(db, q.s, sql, e);
	/* Not allowed to ask?  Then it queues, as everybody does. */
	if (rc == -1 && db_class(e->sqlno) == DB_DENIED)
		rc = db_quiet(db, e, "%s", sql);
	str_free(&q);
	return rc;
}

/* MariaDB: one try that does not wait. */
static int
try_at_once(struct db *db, const char *sql, struct err *e)
{
	struct err e2 = { .kind = ERR_NONE };
	int rc;

	if (db_quiet(db, e, "SET SESSION lock_wait_timeout=0") != 0)
		return -1;
	rc = db_quiet(db, e, "%s", sql);
	if (rc != 0 && e->kind == ERR_LOST)
		return -1;
	if (db_quiet(db, &e2, "SET SESSION lock_wait_timeout=1") != 0 &&
	    rc == 0) {
		*e = e2;
		return -1;
	}
	return rc;
}

/* One try that does not queue.  1: the lock was not to be had. */
static int
try_now(struct db *db, const struct server *s, const struct qname *table,
    const char *sql, struct err *e)
{
	int rc;

	rc = s->mariadb ? try_at_once(db, sql, e) :
	    try_when_free(db, table, sql, e);
	if (rc == -1 && e->kind != ERR_LOST &&
	    db_class(e->sqlno) == DB_CONFLICT)
		return 1;
	return rc;
}

static int
stopped(struct err *e)
{
	return err_set(e, ERR_STOPPED, "stopped while waiting for the table");
}

static int
look_for_a_moment(struct db *db, const struct server *s,
    const struct qname *table, const char *sql, double patience,
    struct err *e)
{
	double until = now_s() + patience;
	int rc;

	for (;;) {
		rc = try_now(db, s, table, sql, e);
		if (rc != 1 || now_s() >= until)
			return rc;
		if (stop_sleep(BLINK))
			return stopped(e);
	}
}

int
mdl_run(struct db *db, const struct server *s, const struct qname *table,
    const struct tries *tries, const char *sql, struct err *e)
{
	double pause = tries->wait;
	unsigned int i;
	int rc;

	log_sql(sql);
	for (i = 1;; i++) {
		rc = look_for_a_moment(db, s, table, sql,
		    i == 1 ? PATIENCE : 1.0, e);
		if (rc != 1)
			return rc;
		if (db_quiet(db, e, "%s", sql) == 0)
			return 0;
		if (e->kind == ERR_LOST ||
		    db_class(e->sqlno) != DB_CONFLICT)
			return -1;
		if (i >= tries->times)
			return err_hint(e, "a long transaction holds the "
			    "table; end it, or allow more --tries");
		log_info("the table is in use; trying again in %.1f s "
		    "(%u of %u)", pause, i, tries->times);
		if (stop_sleep(pause))
			return stopped(e);
		pause = pause < 8 ? 2 * pause : pause;
	}
}

int
mdl_hold(struct db *db, const struct server *s, const struct qname *table,
    const struct tries *tries, struct err *e)
{
	struct str q = STR_INIT;
	int rc;

	str_addf(&q, "LOCK TABLES %s WRITE", table->sql);
	rc = mdl_run(db, s, table, tries, q.s, e);
	str_free(&q);
	return rc;
}

int
mdl_release(struct db *db, struct err *e)
{
	return db_run_text(db, "UNLOCK TABLES", e);
}
