#include "cutover/cutover_mariadb.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/event.h"
#include "base/str.h"
#include "base/util.h"
#include "model/script.h"
#include "model/sql.h"
#include "server/server.h"
#include "server/watchdog.h"
#include "steps/advisory_lock.h"

struct cutover_mariadb {
	struct db *holder;
	const struct plan *p;
	const struct config *cfg;
	struct db *renamer;
	struct db *parents;	/* or NULL when not needed */
	struct db **dependents;	/* a child's or a grandchild's, each */
	size_t n;		/* of kin */
	struct str renamers;	/* a named lock, as a literal: not done yet */
	struct str parking;	/* and the holder's: it has not parked it yet */
};

static int
open_lane(struct db **lane, const struct cutover_mariadb *l, struct err *e)
{
	struct str use = STR_INIT;
	int rc;

	str_addf(&use, "USE %s", l->p->names.old.db.sql);
	rc = db_beside(lane, l->holder, e) != 0 ||
	    /* They stand in the queue while the holder is at work. */
	    db_session(*lane, "SET SESSION lock_wait_timeout = 10, "
	    "foreign_key_checks = 0", e) != 0 ||
	    db_session(*lane, use.s, e) != 0 ? -1 : 0;
	str_free(&use);
	return rc;
}

int
cutover_mariadb_open(struct cutover_mariadb **out, struct db *holder,
    const struct plan *p, const struct config *cfg, struct err *e)
{
	struct cutover_mariadb *l = xcalloc(1, sizeof(*l));
	size_t dependents = p->script.n_children + p->script.n_grandchildren;

	*out = l;
	l->holder = holder;
	l->p = p;
	l->cfg = cfg;
	l->dependents = xcalloc(dependents + 1, sizeof(*l->dependents));
	if (open_lane(&l->renamer, l, e) != 0)
		return -1;
	advisory_lock_swap_name(&l->renamers, holder, &p->names.old);
	advisory_lock_park_name(&l->parking, holder, &p->names.old);
	if (p->script.n_parents > 0 && !p->script.leaves_parents &&
	    open_lane(&l->parents, l, e) != 0)
		return -1;
	while (l->n < dependents)
		if (open_lane(&l->dependents[l->n++], l, e) != 0)
			return -1;
	return 0;
}

void
cutover_mariadb_close(struct cutover_mariadb *l)
{
	size_t i;

	if (l == NULL)
		return;
	for (i = 0; i < l->n; i++)
		db_close(l->dependents[i]);
	free(l->dependents);
	str_free(&l->renamers);
	str_free(&l->parking);
	db_close(l->renamer);
	db_close(l->parents);
	free(l);
}

unsigned long
cutover_mariadb_renamer(const struct cutover_mariadb *l)
{
	return db_id(l->renamer);
}

/* READ is enough: WRITE would lock the parents' children, too.  1: not now. */
static int
lock_parents(struct cutover_mariadb *l, struct err *e)
{
	const struct script *c = &l->p->script;
	struct str q = STR_INIT;
	size_t i;
	int rc;

	if (l->parents == NULL)
		return 0;
	str_addz(&q, "LOCK TABLES ");
	for (i = 0; i < c->n_parents; i++)
		str_addf(&q, "%s%s READ", i > 0 ? ", " : "",
		    c->parent[i]->sql);
	rc = db_quiet(l->parents, e, "SET SESSION lock_wait_timeout = 0") !=
	    0 || db_quiet(l->parents, e, "%s", q.s) != 0 ? -1 : 0;
	str_free(&q);
	return rc != 0 && db_class_conflict(e) ? 1 : rc;
}

enum cutover_lock
cutover_mariadb_lock_of(int mdl)
{
	return mdl == 0 ? LOCK_HELD : mdl > 0 ? LOCK_SHUT : LOCK_FAILED;
}

enum cutover_lock
cutover_mariadb_lock(struct cutover_mariadb *l, const struct mdl_set *set,
    struct err *e)
{
	int rc = mdl_hold(l->holder, set, &l->cfg->tries_swap_tables, e);

	if (rc != 0)
		return cutover_mariadb_lock_of(rc);
	rc = lock_parents(l, e);
	if (rc != 0)
		cutover_mariadb_unlock(l);
	return rc > 0 ? LOCK_AGAIN : rc == 0 ? LOCK_HELD : LOCK_FAILED;
}

void
cutover_mariadb_unlock(struct cutover_mariadb *l)
{
	struct err ignored = { .kind = ERR_NONE };

	db_quiet(l->holder, &ignored, "UNLOCK TABLES");
	db_quiet(l->holder, &ignored, "DO RELEASE_LOCK(%s)", l->parking.s);
	if (l->parents != NULL)
		db_quiet(l->parents, &ignored, "UNLOCK TABLES");
}

static void
add_items(struct str *q, const struct plan *p, enum script_lane lane)
{
	size_t i;

	for (i = 0; i < p->script.n; i++)
		if (p->script.item[i].lane == lane)
			str_addf(q, "; %s", p->script.item[i].sql);
}

/*
 * Wait, for up to so many seconds, until this is so, or there is no hope.  The
 * turns are counted as well: with sysdate_is_now the clock stands still.
 */
static void
add_until(struct str *q, int seconds, const char *condition,
    const char *hopeless)
{
	str_addf(q, "BEGIN NOT ATOMIC DECLARE n INT DEFAULT 0; "
	    "DECLARE late DATETIME(6) DEFAULT SYSDATE(6) + INTERVAL %d "
	    "SECOND; WHILE n < %d AND NOT (%s) DO DO SLEEP(0.001); "
	    "SET n = IF(%s OR SYSDATE(6) > late, %d, n + 1); "
	    "END WHILE; IF n = %d THEN SIGNAL SQLSTATE '45000' SET "
	    "MESSAGE_TEXT = 'the parts of the swap did not line up in time'; "
	    "END IF; END", seconds, 1000 * seconds, condition, hopeless,
	    1000 * seconds, 1000 * seconds);
}

/*
 * No connection queues before the new table has its other name: the renamer
 * has to find it, and a session that has been in a queue for a second is thrown
 * out of it when its client is dead.  Nor before the ALTER that gives it the
 * name is done: the renamer would wait for that name, and not for the user's
 * table.
 */
static void
add_parked(struct str *q, const struct cutover_mariadb *l)
{
	struct str parked = STR_INIT;

	if (l->p->park == NULL)
		return;
	str_addf(&parked, "IS_FREE_LOCK(%s) AND EXISTS (SELECT 1 FROM "
	    "information_schema.TABLES WHERE ", l->parking.s);
	table_where(&parked, l->holder, &l->p->names.parked);
	str_addz(&parked, ")");
	add_until(q, 10, parked.s, "FALSE");
	str_addz(q, "; ");
	str_free(&parked);
}

/*
 * The renamer is in the queue, and has the new table's other name: who asks
 * information_schema for that then waits for the renamer.
 */
static void
add_queued(struct str *q, const struct cutover_mariadb *l)
{
	struct str queued = STR_INIT;

	str_addf(&queued, "EXISTS (SELECT 1 FROM "
	    "information_schema.PROCESSLIST WHERE ID = %lu AND "
	    "INFO LIKE 'RENAME TABLE%%' AND STATE LIKE "
	    "'Waiting for table%%lock')", db_id(l->renamer));
	add_until(q, 10, queued.s, "FALSE");
	str_addz(q, "; ");
	str_free(&queued);
}

static int
send_renamer(struct cutover_mariadb *l, struct err *e)
{
	struct str q = STR_INIT;
	unsigned long long got = 0;
	int rc;

	add_parked(&q, l);
	str_addz(&q, l->p->swap);
	add_items(&q, l->p, SCRIPT_ATTIC);
	str_addf(&q, "; DO RELEASE_LOCK(%s)", l->renamers.s);
	rc = db_number(l->holder, &got, e, "SELECT GET_LOCK(%s, 0)",
	    l->parking.s) != 0 ||
	    db_number(l->renamer, &got, e, "SELECT GET_LOCK(%s, 0)",
	    l->renamers.s) != 0 || db_send(l->renamer, q.s, e) != 0 ? -1 : 0;
	str_free(&q);
	return rc;
}

/* It only keeps its table still until the renamer is done. */
static int
send_dependents(struct cutover_mariadb *l, size_t i, struct err *e)
{
	const struct script *c = &l->p->script;
	struct str q = STR_INIT;
	int rc;

	add_queued(&q, l);
	/* READ would come after the application's writes. */
	str_addf(&q, "LOCK TABLES %s WRITE; DO GET_LOCK(%s, 5); "
	    "DO RELEASE_LOCK(%s); UNLOCK TABLES", i < c->n_children ?
	    c->child[i]->sql : c->grandchild[i - c->n_children]->sql,
	    l->renamers.s, l->renamers.s);
	rc = db_send(l->dependents[i], q.s, e);
	str_free(&q);
	return rc;
}

/*
 * The renamer locks names in their order, and the user's table as the last of
 * them.  So it waits for that one, and the application comes after it, only
 * when it has the other name: information_schema then has no more to say of it
 * (warning 1684).  Another session may have kept it waiting for it, and it may
 * not have woken up since; hence the second look.
 */
static void
add_waiting(struct str *q, const struct cutover_mariadb *l)
{
	struct str there = STR_INIT, waiting = STR_INIT, gone = STR_INIT;
	size_t i;

	str_addf(&there, "(SELECT COUNT(*) FROM "
	    "information_schema.PROCESSLIST WHERE ID IN (%lu",
	    db_id(l->renamer));
	for (i = 0; i < l->n; i++)
		str_addf(&there, ", %lu", db_id(l->dependents[i]));
	str_addz(&there, ")");
	str_addf(&waiting, "%s AND STATE LIKE 'Waiting for table%%lock') = "
	    "%zu", there.s, 1 + l->n);
	if (l->p->park != NULL) {
		str_addz(&waiting, " AND NOT EXISTS (SELECT 1 FROM "
		    "information_schema.TABLES WHERE ");
		table_where(&waiting, l->holder, &l->p->names.parked);
		str_addz(&waiting, " AND ENGINE IS NOT NULL)");
	}
	str_addf(&gone, "%s) < %zu", there.s, 1 + l->n);
	add_until(q, 1, waiting.s, gone.s);
	str_addz(q, "; DO SLEEP(0.005); ");
	add_until(q, 1, waiting.s, gone.s);
	str_free(&there);
	str_free(&waiting);
	str_free(&gone);
}

/*
 * The holder's only packet: hand over what belongs to the table, turn the
 * children, park the new table, wait until the others stand in the queue, and
 * let go.  They are sent before it, so that all goes on without us; when they
 * do not come, the packet ends with an error, and the lock stays.
 */
static int
send_holder(struct cutover_mariadb *l, struct err *e)
{
	struct str q = STR_INIT;
	int rc;

	str_addf(&q, "USE %s; SET SESSION foreign_key_checks = 0",
	    l->p->names.old.db.sql);
	add_items(&q, l->p, SCRIPT_HOLDER);
	if (l->p->park != NULL)
		str_addf(&q, "; %s; DO RELEASE_LOCK(%s)", l->p->park,
		    l->parking.s);
	str_addz(&q, "; SET SESSION foreign_key_checks = 1; ");
	add_waiting(&q, l);
	str_addz(&q, "; UNLOCK TABLES");
	rc = db_send(l->holder, q.s, e);
	str_free(&q);
	return rc;
}

static void
show_items(const struct plan *p, enum script_lane lane)
{
	size_t i;

	for (i = 0; i < p->script.n; i++)
		if (p->script.item[i].lane == lane)
			event_sql(p->script.item[i].sql);
}

/* What the packets hold, but for what only orders them. */
static void
show(const struct plan *p)
{
	show_items(p, SCRIPT_HOLDER);
	if (p->park != NULL)
		event_sql(p->park);
	event_sql("UNLOCK TABLES");
	event_sql(p->swap);
	show_items(p, SCRIPT_ATTIC);
}

static int
line_up(struct cutover_mariadb *l, struct err *e)
{
	size_t done, i;

	show(l->p);
	for (i = 0; i < l->n; i++)
		if (send_dependents(l, i, e) != 0)
			return -1;
	if (send_renamer(l, e) != 0 || send_holder(l, e) != 0)
		return -1;
	return watchdog_receive(l->holder, &done, e);
}

/* The lock of a table that was parked has gone with its name. */
static bool
run_item(struct cutover_mariadb *l, const char *sql)
{
	struct err e = { .kind = ERR_NONE };

	if (db_run_again(l->holder, sql, &e) == 0)
		return true;
	return e.kind == ERR_SQL && db_class(e.sqlno) == DB_NOT_LOCKED &&
	    db_run_again(l->renamer, sql, &e) == 0;
}

/* Returns whether none of them failed. */
static bool
run_items(struct cutover_mariadb *l, enum script_lane lane)
{
	bool done = true;
	size_t i;

	for (i = 0; i < l->p->script.n; i++)
		if (l->p->script.item[i].lane == lane)
			done = run_item(l, l->p->script.item[i].sql) && done;
	return done;
}

/* No other session is in the queue any more, and the new table has its name. */
static bool
dissolve(struct cutover_mariadb *l)
{
	const struct names *n = &l->p->names;
	struct err ignored = { .kind = ERR_NONE };
	struct str q = STR_INIT;
	size_t i;
	int parked;

	db_quiet(l->holder, &ignored, "KILL %lu", db_id(l->renamer));
	for (i = 0; i < l->n; i++)
		db_quiet(l->holder, &ignored, "KILL %lu",
		    db_id(l->dependents[i]));
	if (l->p->park == NULL)
		return true;
	if (db_reopen(l->renamer, &ignored) != 0)
		return false;
	parked = table_exists(l->renamer, &n->parked, &ignored);
	sql_unpark(&q, n);
	if (parked == 1)
		parked = db_run_text(l->renamer, q.s, &ignored);
	str_free(&q);
	return parked == 0;
}

/*
 * The RENAME has not come, and will not.  With the holder's lock still there
 * all goes back to what it was; without it, as far as that goes.  Returns
 * whether that was all.
 */
static bool
hand_back(struct cutover_mariadb *l, bool locked)
{
	struct err ignored = { .kind = ERR_NONE };
	bool done = dissolve(l);

	db_quiet(l->holder, &ignored, "SET SESSION foreign_key_checks = 0");
	done = run_items(l, SCRIPT_RESTORE) && done;
	if (done && locked)
		run_items(l, SCRIPT_RETAKE);
	db_quiet(l->holder, &ignored, "SET SESSION foreign_key_checks = 1");
	cutover_mariadb_unlock(l);
	return done;
}

enum cutover_renamed
cutover_mariadb_swap(struct cutover_mariadb *l, bool *back, struct err *e)
{
	size_t done = 0;
	bool locked;
	int rc;

	rc = line_up(l, e);
	locked = rc != 0;
	if (rc == 0) {
		rc = watchdog_receive(l->renamer, &done, e);
		if (rc == 0 || done > (l->p->park != NULL)) {
			if (rc != 0)
				err_while(e, "the old table");
			return RENAMED_YES;
		}
	}
	if (e->kind == ERR_LOST)
		return RENAMED_UNKNOWN;
	*back = hand_back(l, locked);
	/* What was handed over once is not to be handed over again. */
	if (script_has(&l->p->script, SCRIPT_HOLDER))
		e->sqlno = 0;
	return RENAMED_NO;
}
