/*
 * One online ALTER TABLE, and what it meets at its end.
 *
 * It lets others write, but takes the table for itself for a moment when it
 * begins and when it ends.  Whoever has written to the table in a transaction
 * that is still open then keeps it waiting, with all who come after it; and
 * when it is tired of waiting (lock_wait_timeout, a second) the server throws
 * the whole build away.  So it begins in a moment when no transaction uses the
 * table.  Who is in the way of its end is named, and ended if --kill-blockers
 * allows that.  What was lost is built once more when the table is free again,
 * one index after the other, since each of them takes less time and meets
 * fewer transactions, and a number of times only.
 */
#include "steps/index_build.h"

#include <stdlib.h>
#include <string.h>

#include "base/event.h"
#include "base/log.h"
#include "base/stop.h"
#include "base/util.h"
#include "model/table.h"
#include "server/peer.h"
#include "server/session.h"
#include "steps/blocker.h"
#include "steps/mdl.h"
#include "throttle/pause.h"

#define TRIES	5	/* for one index, after the one for all of them */
#define LOOK	0.2	/* seconds between two looks at the build */
#define BEAT	2.0	/* seconds between two of the beats that we are given */
#define OLD	5	/* a transaction is worth a word, in seconds */

/* ER_INNODB_ONLINE_LOG_TOO_BIG */
#define LOG_TOO_BIG 1799

/*
 * ER_NOT_KEYFILE: MySQL 9.7 may end a build with that when it applies what a
 * transaction has written meanwhile.  The table is what it was.
 */
#define NOT_APPLIED 1034

/* One statement, while it runs. */
struct run {
	struct index_build *b;
	struct db *db;			/* that runs it */
	struct blocker_watch watch;
	double began, beaten;		/* now_s() */
	bool told_old, told_end;
};

static struct mdl_set
set_of(const struct index_build *b, const struct qname **table)
{
	*table = &b->p->names.shadow;
	return (struct mdl_set){ table, 1, 0, NULL };
}

/* Its end has come, and somebody is in the way. */
static void
clear_the_way(struct run *r)
{
	if (!r->told_end)
		log_warn("the indexes of %s are built but for the last moment, "
		    "which needs the table for itself",
		    r->b->p->names.shadow.sql);
	blocker_look(&r->watch, !r->told_end);
	r->told_end = true;
}

/* Who began earlier and goes on until its end would be in the way of it. */
static void
look_ahead(struct run *r)
{
	unsigned long long eldest;

	eldest = blocker_look(&r->watch, false);
	if (eldest < OLD && r->told_old)
		r->told_old = false;
	if (eldest < OLD || r->told_old)
		return;
	log_info("a transaction on %s that is still open when the indexes are "
	    "built would have the server throw them away",
	    r->b->p->names.shadow.sql);
	blocker_look(&r->watch, true);
	r->told_old = true;
}

/* Also of those that the gate has condemned. */
static int
may_go_on(const struct index_build *b, struct err *e)
{
	struct gate_reasons why = GATE_REASONS_INIT;
	int rc = gate_ask(b->gate, 0, &why, e);

	gate_free_reasons(&why);
	return rc < 0 ? -1 : 0;
}

/* Every fifth of a second: query_beat. */
static int
meanwhile(void *arg, struct err *e)
{
	struct err ignored = { .kind = ERR_NONE };
	struct run *r = arg;
	enum peer_state state;

	if (peer_look(r->b->db, db_id(r->db), &state, &ignored) == 0 &&
	    state == PEER_WAITS && now_s() - r->began > LOOK)
		clear_the_way(r);
	if (now_s() - r->beaten < BEAT)
		return 0;
	r->beaten = now_s();
	look_ahead(r);
	if (may_go_on(r->b, e) != 0)
		return -1;
	return r->b->beat->meanwhile(r->b->beat->arg, e);
}

/* MySQL's own numbers of threads are for as many cores. */
#define ENOUGH_CORES 8

/*
 * MySQL reads and sorts with four threads on any machine.  More of them than
 * there are cores take the processor from the application, and a third more
 * of it in all, and are no faster (t/bench.pl, MySQL 9.7 on two cores).
 */
static int
fit_to_cores(struct db *db, struct err *e)
{
	const struct server *s = db_server(db);
	const unsigned int cores = s->cores;
	struct rows r = ROWS_INIT;
	int rc;

	if (s->mariadb || s->version < 80027 || cores == 0 ||
	    cores >= ENOUGH_CORES)
		return 0;
	/* SET takes numbers, not what LEAST() returns (error 1232). */
	rc = db_rows(db, &r, "vvv", e, "SELECT LEAST("
	    "@@innodb_parallel_read_threads, %u), LEAST(@@innodb_ddl_threads, "
	    "%u), GREATEST(@@innodb_ddl_buffer_size, 4194304)",
	    cores < 4 ? 1 : cores / 2, cores < 4 ? 2 : cores);
	if (rc == 0 && r.n == 1)
		rc = db_quiet(db, e, "SET innodb_parallel_read_threads = %s, "
		    "innodb_ddl_threads = %s, innodb_ddl_buffer_size = %s",
		    r.cell[0][0], r.cell[0][1], r.cell[0][2]);
	rows_free(&r);
	return rc;
}

/* Run one, in a session of its own. */
static int
run(struct index_build *b, const char *sql, struct err *e)
{
	const struct qname *table;
	struct mdl_set set = set_of(b, &table);
	struct run r = { .b = b, .began = now_s(), .beaten = now_s(),
	    .watch = { .db = b->db, .set = &set,
	    .rule = &b->cfg->tries_swap_tables.kill_blockers } };
	const struct query_beat beat = { meanwhile, &r };
	const struct interruptible_query q = { sql, NULL, "building indexes",
	    &beat, LOOK, true };
	struct rows none;
	int rc;

	rc = session_open(&r.db, db_server(b->db), "index", SESSION_MAIN, 0,
	    e) != 0 || fit_to_cores(r.db, e) != 0 ? -1 : 0;
	if (rc == 0) {
		r.watch.but = db_id(r.db);
		r.watch.asks_age = true;
		b->statements++;
		rc = interruptible_query_rows(r.db, &q, &none, e);
	}
	db_close(r.db);
	blocker_free(&r.watch);
	return rc;
}

/*
 * A moment without transactions on the table.  For nothing but a look its
 * lock is taken and given back.
 */
static int
wait_for_calm(const struct index_build *b, struct err *e)
{
	const struct qname *table;
	struct mdl_set set = set_of(b, &table);
	int rc = mdl_hold(b->db, &set, &b->cfg->tries_swap_tables, e);

	return rc != 0 ? -1 : mdl_release(b->db, 0, e);
}

/*
 * One that an earlier connection of ours has left, or an earlier run, is let
 * come to its end.
 */
static int
wait_for_stray(const struct index_build *b, struct err *e)
{
	double beaten = now_s();
	bool runs = true, told = false;
	int rc;

	while ((rc = peer_runs(b->db, "ALTER TABLE", b->p->names.shadow.sql,
	    &runs, e)) == 0 && runs) {
		if (!told)
			log_info("waiting for an index build of %s that has "
			    "lost its connection", b->p->names.shadow.sql);
		told = true;
		if (stop_sleep(LOOK))
			return err_set(e, ERR_STOPPED, "stopped while waiting "
			    "for an index build");
		if (now_s() - beaten < BEAT)
			continue;
		beaten = now_s();
		if (b->beat->meanwhile(b->beat->arg, e) != 0)
			return -1;
	}
	return rc;
}

/* Which are there? */
static int
look(const struct index_build *b, struct table **now, struct err *e)
{
	return table_load(now, b->db, &b->p->names.shadow, e);
}

/* Returns 0; 1 when it may be tried again; or -1. */
static int
attempt(struct index_build *b, const char *sql, struct err *e)
{
	if (pause_wait(b->gate, HOLD_WALK | HOLD_WRITE, b->beat->meanwhile,
	    b->beat->arg, e) != 0 || wait_for_stray(b, e) != 0 ||
	    wait_for_calm(b, e) != 0)
		return -1;
	if (run(b, sql, e) == 0)
		return 0;
	if (stop_requested())
		return -1;
	return e->kind == ERR_LOST || (e->kind == ERR_SQL &&
	    (e->sqlno == LOG_TOO_BIG || e->sqlno == NOT_APPLIED ||
	    db_class(e->sqlno) == DB_CONFLICT)) ? 1 : -1;
}

/* Why it came to nothing, and what is done now. */
static void
tell_failure(const struct index_build *b, const struct err *e,
    const char *now)
{
	if (e->sqlno == LOG_TOO_BIG)
		log_warn("an index build of %s was lost, as the application "
		    "wrote more meanwhile than "
		    "innodb_online_alter_log_max_size allows; %s",
		    b->p->names.shadow.sql, now);
	else if (e->kind == ERR_SQL && e->sqlno == 1205)
		log_warn("an index build of %s was lost, as a transaction on "
		    "it was still open at its end; %s",
		    b->p->names.shadow.sql, now);
	else
		log_warn("an index build of %s was lost: %s; %s",
		    b->p->names.shadow.sql, e->text, now);
}

static int
give_up(const struct deferred *d, struct err *e)
{
	err_while(e, "building index %s, %d times", d->name.sql, TRIES);
	if (e->sqlno == LOG_TOO_BIG)
		return err_hint(e, "raise innodb_online_alter_log_max_size, "
		    "or start again with --defer-indexes=never");
	return err_hint(e, "start again with --defer-indexes=never, or when "
	    "there are no long transactions on the table, or let "
	    "--kill-blockers end them");
}

static int
build_one(struct index_build *b, const struct deferred *d, struct err *e)
{
	struct table *now = NULL;
	int i, rc = 1;
	bool there;

	for (i = 0; i < TRIES && rc == 1; i++) {
		e->kind = ERR_NONE;
		rc = wait_for_stray(b, e) != 0 ? -1 : look(b, &now, e);
		if (rc != 0)
			return -1;
		there = table_key(now, d->name.raw) != NULL;
		table_free(now);
		if (there)
			return 0;
		rc = attempt(b, d->add, e);
		if (rc == 1)
			tell_failure(b, e, i + 1 < TRIES ?
			    "it is tried again when the table is free" :
			    "that was the last time");
	}
	return rc == 1 ? give_up(d, e) : rc;
}

static int
build_each(struct index_build *b, struct err *e)
{
	const struct deferral *d = &b->p->deferral;
	size_t i;

	for (i = 0; i < d->n; i++)
		if (build_one(b, &d->index[i], e) != 0)
			return -1;
	return 0;
}

int
index_build_run(struct index_build *b, struct err *e)
{
	int rc = attempt(b, b->p->deferral.add, e);

	if (rc != 1)
		return rc;
	tell_failure(b, e, "each is built by itself, when the table is free");
	e->kind = ERR_NONE;
	return build_each(b, e);
}
