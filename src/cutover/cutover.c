/*
 * The cut-over.
 *
 * MySQL renames under LOCK TABLES (8.0.13 and later), so one connection locks
 * everything that takes part and sends the rest in one packet.
 *
 * MariaDB does not (error 1192).  There the lock's holder lets go, and what
 * waits in the queue behind it goes first, before the application, because
 * stronger locks do: cutover_mariadb.c.
 */
#include "cutover/cutover.h"

#include <stdlib.h>
#include <string.h>

#include "base/event.h"
#include "base/log.h"
#include "base/stop.h"
#include "base/str.h"
#include "base/util.h"
#include "cutover/cutover_mariadb.h"
#include "cutover/finish.h"
#include "model/script.h"
#include "model/sql.h"
#include "server/peer.h"
#include "server/server.h"
#include "server/watchdog.h"
#include "steps/advisory_lock.h"
#include "steps/mdl.h"

#define ER_SIGNAL_EXCEPTION 1644	/* of cutover_mariadb.c: not lined up */

#define SETTLE_LIMIT	30.0	/* seconds for the old connection to end, */
#define GRACE		0.5	/* and to end by itself */

/* Everything one attempt needs. */
struct cutover {
	struct db *db;
	const struct plan *p;
	const struct config *cfg;
	struct undo *undo;
	const struct cutover_ask *ask;
};

/*
 * A statement of a connection that is gone may still be running.  On MariaDB
 * it may be another one that is gone, for which this one waits in vain.
 */
static int
wait_for_end(struct cutover *c, unsigned long id, struct err *e)
{
	double began = now_s();
	struct err ignored;
	enum peer_state state;

	for (;;) {
		if (peer_look(c->db, id, &state, e) != 0)
			return -1;
		if (state == PEER_GONE)
			return 0;
		if (now_s() - began > SETTLE_LIMIT)
			return err_set(e, ERR_LOST, "connection %lu, which was "
			    "lost, is still there", id);
		if (c->p->server->mariadb && now_s() - began > GRACE)
			db_quiet(c->db, &ignored, "KILL %lu", id);
		stop_sleep(0.1);
	}
}

/* A connection broke during the RENAME.  Connect again and look. */
static enum cutover_renamed
settle(struct cutover *c, unsigned long id, struct err *e)
{
	unsigned long was = db_id(c->db);
	int attic, shadow;

	/* The lock, too: until it is ours again, somebody may clean up. */
	if (server_reconnect(c->db, e) != 0 || wait_for_end(c, id, e) != 0 ||
	    advisory_lock_again(c->db, &c->p->names.old, was, e) != 0)
		return RENAMED_UNKNOWN;
	attic = table_exists(c->db, &c->p->names.attic, e);
	shadow = table_exists(c->db, &c->p->names.shadow, e);
	if (attic < 0 || shadow < 0)
		return RENAMED_UNKNOWN;
	log_warn("the connection broke during the RENAME; the tables %s",
	    attic && !shadow ? "were swapped" : "were not swapped");
	return attic && !shadow ? RENAMED_YES : RENAMED_NO;
}

/* The same, after this error, which then says if that is not known. */
static enum cutover_renamed
find_out(struct cutover *c, unsigned long id, struct err *e)
{
	struct err e2 = { .kind = ERR_NONE };
	enum cutover_renamed renamed = settle(c, id, &e2);

	if (renamed == RENAMED_UNKNOWN)
		err_hint(e, "it is not known whether the tables were "
		    "swapped: they were if there is a table %s",
		    c->p->names.attic.sql);
	return renamed;
}

static bool
comes_back(const struct script_item *it)
{
	return it->lane == SCRIPT_RESTORE;
}

/* What is left to do when we fail now, in a session that is set up for it. */
static void
owe(struct cutover *c, enum undo_what what,
    bool (*is_left)(const struct script_item *))
{
	const struct script *cut = &c->p->script;
	size_t i;

	undo_push(c->undo, what, "SET SESSION foreign_key_checks = 1");
	for (i = cut->n; i-- > 0; )
		if (is_left(&cut->item[i]))
			undo_push(c->undo, what, "%s", cut->item[i].sql);
	undo_push(c->undo, what, "SET SESSION foreign_key_checks = 0");
	undo_push(c->undo, what, "USE %s", c->p->names.old.db.sql);
}

static bool
is_a_name(const struct script_item *it)
{
	return it->lane == SCRIPT_TABLE;
}

/* The RENAME has happened: other things are to be done if we fail now. */
static void
note_swapped(struct cutover *c, bool but_names)
{
	undo_forget(c->undo, UNDO_SHADOW);
	if (c->p->back == NULL)
		undo_push(c->undo, UNDO_ATTIC, "DROP TABLE IF EXISTS %s",
		    c->p->names.attic.sql);
	undo_forget(c->undo, UNDO_BACK);
	if (c->p->script.n > 0)
		owe(c, UNDO_FINISH, but_names ? is_a_name : script_follows);
}

/*
 * The statements from item *i on that go into one packet; is there another?
 * Without the checks a foreign key is added at once, whatever the size.
 */
static bool
add_packet(struct str *q, const struct plan *p, size_t *i)
{
	const struct script *cut = &p->script;
	bool last = false;

	if (*i == 0) {
		str_addz(q, p->swap);
		if (cut->n > 0)
			str_addf(q, "; USE %s; SET SESSION "
			    "foreign_key_checks = 0", p->names.old.db.sql);
	}
	for (; *i < cut->n && !last; ++*i) {
		if (!script_follows(&cut->item[*i]))
			continue;
		str_addf(q, "%s%s", q->len > 0 ? "; " : "",
		    cut->item[*i].sql);
		last = cut->item[*i].last;
	}
	if (!last)
		str_addf(q, "%sSET SESSION foreign_key_checks = 1; "
		    "UNLOCK TABLES", q->len > 0 ? "; " : "");
	return last;
}

/* MySQL: the first packet renames, the last one unlocks. */
static int
send_packets(struct cutover *c, bool *renamed, struct err *e)
{
	struct str q = STR_INIT;
	size_t i = 0, done;
	bool more = true;
	int rc = 0;

	event_sql(c->p->swap);
	for (i = 0; i < c->p->script.n; i++)
		if (script_follows(&c->p->script.item[i]))
			event_sql(c->p->script.item[i].sql);
	event_sql("UNLOCK TABLES");
	i = 0;
	while (rc == 0 && more) {
		str_reset(&q);
		more = add_packet(&q, c->p, &i);
		done = 0;
		rc = db_send(c->db, q.s, e);
		if (rc == 0)
			rc = watchdog_receive(c->db, &done, e);
		*renamed = *renamed || done > 0;
	}
	str_free(&q);
	return rc;
}

/*
 * MySQL, with the lock held.  When swapped, *e may still say what went wrong
 * afterwards.
 */
static enum cutover_renamed
swap_in_packets(struct cutover *c, struct err *e)
{
	struct err e2 = { .kind = ERR_NONE };
	unsigned long id = db_id(c->db);
	bool renamed = false;

	if (send_packets(c, &renamed, e) == 0)
		return RENAMED_YES;
	if (e->kind == ERR_LOST)
		return find_out(c, id, e);
	mdl_release(c->db, -1, &e2);
	return renamed ? RENAMED_YES : RENAMED_NO;
}

static enum cutover_lock
lock(struct cutover *c, struct cutover_mariadb *mariadb,
    const struct mdl_set *set, struct err *e)
{
	return mariadb != NULL ? cutover_mariadb_lock(mariadb, set, e) :
	    cutover_mariadb_lock_of(mdl_hold(c->db, set,
	    &c->cfg->tries_swap_tables, e));
}

static void
unlock(struct cutover *c, struct cutover_mariadb *mariadb)
{
	struct err ignored = { .kind = ERR_NONE };

	if (mariadb != NULL)
		cutover_mariadb_unlock(mariadb);
	else
		mdl_release(c->db, -1, &ignored);
}

/* It was not handed back: connections were lost, or the tables in use. */
static int
restore(struct cutover *c, struct err *e)
{
	return undo_owes(c->undo, UNDO_RESTORE) ? finish_run(c->db, c->p,
	    c->cfg, c->undo, e) : 0;
}

static enum cutover_end
swap_in_line(struct cutover *c, struct cutover_mariadb *mariadb,
    struct err *e)
{
	struct err e2 = { .kind = ERR_NONE };
	enum cutover_renamed renamed;
	bool back = true;

	/* What MariaDB's holder hands over would go with the new table. */
	if (script_has(&c->p->script, SCRIPT_RESTORE))
		owe(c, UNDO_RESTORE, comes_back);
	renamed = cutover_mariadb_swap(mariadb, &back, e);
	if (renamed == RENAMED_UNKNOWN) {
		renamed = find_out(c, cutover_mariadb_renamer(mariadb), e);
		back = false;
	}
	if (renamed == RENAMED_UNKNOWN)
		return CUTOVER_UNKNOWN;
	if (renamed == RENAMED_NO && !back && restore(c, &e2) != 0) {
		*e = e2;
		return CUTOVER_UNRESTORED;
	}
	undo_forget(c->undo, UNDO_RESTORE);
	return renamed == RENAMED_YES ? CUTOVER_SWAPPED : CUTOVER_FAILED;
}

/* With the lock held.  CUTOVER_SWAPPED: and *e may say what went wrong then. */
static enum cutover_end
swap_tables(struct cutover *c, struct cutover_mariadb *mariadb, struct err *e)
{
	enum cutover_renamed renamed;

	if (mariadb != NULL)
		return swap_in_line(c, mariadb, e);
	renamed = swap_in_packets(c, e);
	return renamed == RENAMED_YES ? CUTOVER_SWAPPED :
	    renamed == RENAMED_NO ? CUTOVER_FAILED : CUTOVER_UNKNOWN;
}

/* One attempt. */
static enum cutover_end
attempt(struct cutover *c, struct cutover_mariadb *mariadb,
    const struct mdl_set *set, struct err *e)
{
	static const enum cutover_end none[] = {
		[LOCK_SHUT] = CUTOVER_SHUT,
		[LOCK_AGAIN] = CUTOVER_AGAIN,
		[LOCK_FAILED] = CUTOVER_FAILED,
	};
	enum cutover_lock got = lock(c, mariadb, set, e);
	enum cutover_end end;
	int look;

	if (got != LOCK_HELD)
		return none[got];
	/* What the tries before the last one met. */
	memset(e, 0, sizeof(*e));
	look = c->ask->last_look(c->ask->arg, e);
	if (look != 0) {
		unlock(c, mariadb);
		return look > 0 ? CUTOVER_SHUT : CUTOVER_FAILED;
	}
	end = swap_tables(c, mariadb, e);
	/* A connection of it may have broken, so that they did not line up. */
	return end == CUTOVER_FAILED && (e->kind == ERR_LOST ||
	    db_class(e->sqlno) == DB_CONFLICT ||
	    e->sqlno == ER_SIGNAL_EXCEPTION) ? CUTOVER_AGAIN : end;
}

/* Nothing was swapped; the main connection may have to be made again. */
static bool
may_go_on(struct cutover *c)
{
	struct err ignored = { .kind = ERR_NONE };

	return advisory_lock_keep(c->db, &c->p->names.old, &ignored) >= 0;
}

#define PATIENCE	60.0	/* seconds of attempts that cost no session */

/* Attempts with connections of their own, each time new ones. */
static enum cutover_end
attempts(struct cutover *c, struct err *e)
{
	const struct qname **t;
	struct mdl_set set;
	struct cutover_mariadb *mariadb = NULL;
	double began = now_s();
	enum cutover_end end;

	t = finish_tables(c->p, &c->p->names.shadow, &set);
	set.gate = c->ask->gate;
	do {
		memset(e, 0, sizeof(*e));
		end = c->p->server->mariadb && cutover_mariadb_open(&mariadb,
		    c->db, c->p, c->cfg, e) != 0 ? CUTOVER_FAILED :
		    attempt(c, mariadb, &set, e);
		cutover_mariadb_close(mariadb);
		mariadb = NULL;
		if (end == CUTOVER_FAILED && e->kind == ERR_LOST &&
		    may_go_on(c))
			end = CUTOVER_AGAIN;
		if (end == CUTOVER_AGAIN && stop_sleep(0.01)) {
			err_set(e, ERR_STOPPED, "stopped");
			end = CUTOVER_FAILED;
		}
	} while (end == CUTOVER_AGAIN && now_s() - began < PATIENCE);
	free(t);
	return end;
}

/* Nothing was swapped, and *e is to say why. */
static enum cutover_end
explain(enum cutover_end end, struct err *why, struct err *e)
{
	if (end == CUTOVER_SHUT)
		return end;
	if (why->kind == ERR_NONE)
		err_set(why, ERR_SWAP, "no moment was found in which no "
		    "session used the tables");
	if (why->kind == ERR_SQL || why->kind == ERR_LOST)
		why->kind = ERR_SWAP;
	*e = *why;
	return end == CUTOVER_AGAIN ? CUTOVER_FAILED : end;
}

enum cutover_end
cutover_run(struct db *db, const struct plan *p, const struct config *cfg,
    struct undo *undo, const struct cutover_ask *ask, struct err *e)
{
	struct cutover c = { db, p, cfg, undo, ask };
	struct err why = { .kind = ERR_NONE };
	enum cutover_end end;

	/* The old one, in a revert, is not ours to drop. */
	if (p->park != NULL && !p->complete)
		undo_push(undo, UNDO_SHADOW, "DROP TABLE IF EXISTS %s",
		    p->names.parked.sql);
	end = attempts(&c, &why);
	if (end != CUTOVER_SWAPPED)
		return explain(end, &why, e);
	note_swapped(&c, p->server->mariadb && why.kind == ERR_NONE);
	if (why.kind == ERR_NONE && (!p->server->mariadb ||
	    finish_names(db, p, cfg, undo, &why) == 0)) {
		undo_forget(undo, UNDO_FINISH);
		return CUTOVER_SWAPPED;
	}
	log_warn("the tables were swapped, but then: %s", why.text);
	return finish_run(db, p, cfg, undo, e) == 0 ? CUTOVER_SWAPPED :
	    CUTOVER_UNFINISHED;
}
