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
 * microseconds in which somebody may come; so a second connection looks
 * whether the statement waits all the same, and takes it out of the queue.
 *
 * Only when a free moment does not come for seconds does the statement queue,
 * for one second, and lets traffic pass before the next time.
 */
#include "steps/mdl.h"

#include "base/log.h"
#include "base/stop.h"
#include "base/str.h"
#include "base/util.h"

#define PATIENCE	8.0	/* seconds of looking for a free moment */
#define BLINK		0.002	/* seconds between two looks */
#define SLIP		0.002	/* seconds in the queue, on MySQL */
#define IMPATIENT	1.0	/* seconds until it says who is in the way */

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
try_when_free(struct db *db, struct db *killer, const struct qname *table,
    const char *sql, struct err *e)
{
	struct str q = STR_INIT;
	int rc;

	ask_free(&q, db, table);
	rc = db_run_if(db, killer, SLIP, q.s, sql, e);
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
try_now(struct db *db, struct db *killer, const struct server *s,
    const struct qname *table, const char *sql, struct err *e)
{
	int rc;

	rc = s->mariadb ? try_at_once(db, sql, e) :
	    try_when_free(db, killer, table, sql, e);
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

/*
 * Who may be holding the lock: on MySQL who does, on MariaDB, which has no
 * list of these locks without a plugin, who has a transaction open.
 */
static void
name_holders(struct db *db, const struct server *s, const struct qname *table)
{
	struct err ignored = { .kind = ERR_NONE };
	struct rows r = ROWS_INIT;
	struct str q = STR_INIT;
	size_t i;

	if (s->mariadb) {
		str_addz(&q, "SELECT p.ID, p.USER, p.HOST, TIMESTAMPDIFF("
		    "SECOND, t.trx_started, NOW()), COALESCE(p.INFO, "
		    "'idle') FROM information_schema.INNODB_TRX t JOIN "
		    "information_schema.PROCESSLIST p ON p.ID = "
		    "t.trx_mysql_thread_id WHERE p.ID <> CONNECTION_ID() "
		    "ORDER BY t.trx_started LIMIT 3");
	} else {
		str_addz(&q, "SELECT DISTINCT t.PROCESSLIST_ID, "
		    "t.PROCESSLIST_USER, t.PROCESSLIST_HOST, "
		    "t.PROCESSLIST_TIME, COALESCE(t.PROCESSLIST_INFO, "
		    "'idle') FROM performance_schema.metadata_locks m JOIN "
		    "performance_schema.threads t ON t.THREAD_ID = "
		    "m.OWNER_THREAD_ID WHERE m.LOCK_STATUS = 'GRANTED' AND "
		    "t.PROCESSLIST_ID <> CONNECTION_ID() AND "
		    "m.OBJECT_SCHEMA = ");
		db_literal(&q, db, table->db.raw);
		str_addz(&q, " AND m.OBJECT_NAME = ");
		db_literal(&q, db, table->table.raw);
		str_addz(&q, " LIMIT 3");
	}
	if (db_rows(db, &r, &ignored, "%s", q.s) == 0)
		for (i = 0; i < r.n; i++)
			log_info("in use by connection %s (%s@%s), for %s s: "
			    "%.100s", r.cell[i][0], r.cell[i][1],
			    r.cell[i][2], r.cell[i][3], r.cell[i][4]);
	rows_free(&r);
	str_free(&q);
}

static int
look_again(struct db *db, struct db *killer, const struct server *s,
    const struct qname *table, const char *sql, double patience,
    struct err *e)
{
	double began = now_s();
	bool named = false;
	int rc;

	for (;;) {
		rc = try_now(db, killer, s, table, sql, e);
		if (rc != 1 || now_s() - began >= patience)
			return rc;
		if (!named && now_s() - began > IMPATIENT) {
			log_info("waiting for a moment when nobody uses %s",
			    table->sql);
			name_holders(db, s, table);
			named = true;
		}
		if (stop_sleep(BLINK))
			return stopped(e);
	}
}

static int
look_for_a_moment(struct db *db, const struct server *s,
    const struct qname *table, const char *sql, double patience,
    struct err *e)
{
	struct err ignored = { .kind = ERR_NONE };
	struct db *killer = NULL;
	int rc;

	/* Without a way to look there is only the queue. */
	if (!s->mariadb && !s->sees_locks)
		return 1;
	/* No connection to be had: then a slip lasts a second. */
	if (!s->mariadb && db_beside(&killer, db, &ignored) != 0) {
		db_close(killer);
		killer = NULL;
	}
	rc = look_again(db, killer, s, table, sql, patience, e);
	db_close(killer);
	return rc;
}

/* For a second everybody waits behind us. */
static int
queue(struct db *db, const struct server *s, const struct qname *table,
    const char *sql, struct err *e)
{
	if (!s->mariadb && !s->sees_locks)
		log_warn("performance_schema.metadata_locks cannot be read, "
		    "so %s is queued for, not looked at", table->sql);
	else
		log_warn("%s is never free; queueing for it for a second, in "
		    "which transactions that read it before they write it "
		    "may get error 1213", table->sql);
	return db_quiet(db, e, "%s", sql);
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
		if (queue(db, s, table, sql, e) == 0)
			return 0;
		if (e->kind == ERR_LOST ||
		    db_class(e->sqlno) != DB_CONFLICT)
			return -1;
		if (i >= tries->times)
			return err_hint(e, "a long transaction holds the "
			    "table; end it, or allow more --tries");
		log_info("%s is in use; trying again in %.1f s (%u of %u)",
		    table->sql, pause, i, tries->times);
		name_holders(db, s, table);
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
