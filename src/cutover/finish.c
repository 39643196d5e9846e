#include "cutover/finish.h"

#include <stdlib.h>

#include "base/event.h"
#include "base/log.h"
#include "base/stop.h"
#include "base/str.h"
#include "base/util.h"
#include "model/script.h"
#include "model/sql.h"
#include "server/peer.h"
#include "server/watchdog.h"

/*
 * Those that are renamed come first.  MySQL drops no foreign key while the
 * parent is in use; on MariaDB it is enough that the parents are not written
 * to, but what references a child counts as well.
 */
const struct qname **
finish_tables(const struct plan *p, const struct qname *other,
    struct mdl_set *set)
{
	const struct script *c = &p->script;
	const struct qname **t;
	size_t i, n = 0;

	t = xcalloc(3 + c->n_children + c->n_grandchildren + c->n_parents,
	    sizeof(*t));
	t[n++] = &p->names.old;
	t[n++] = other;
	if (other == &p->names.shadow)
		t[n++] = &p->names.rejects;
	for (i = 0; i < c->n_children; i++)
		t[n++] = c->child[i];
	for (i = 0; i < c->n_grandchildren && p->server->mariadb; i++)
		t[n++] = c->grandchild[i];
	for (i = 0; i < c->n_parents; i++)
		t[n++] = c->parent[i];
	set->table = t;
	set->n = n;
	set->reads = p->server->mariadb ? c->n_parents : 0;
	set->gate = NULL;
	return t;
}

/* undo_run_fn: what may have been done already. */
static int
run_again(void *arg, enum undo_what what, const char *sql, struct err *e)
{
	(void)what;
	return db_run_again(arg, sql, e);
}

#define QUEUES	0.2	/* seconds until the substitute is in the queue */

/*
 * Who waits behind us for the table gets it before the application does, as
 * weaker locks give way: so if we are killed between the DROP of a trigger and
 * its CREATE, no write comes in between.  NULL when that is not to be had.
 */
static struct db *
substitute(struct db *db)
{
	struct err ignored = { .kind = ERR_NONE };
	struct db *sub = NULL;

	if (db_beside(&sub, db, &ignored) == 0)
		return sub;
	db_close(sub);
	return NULL;
}

/*
 * With our lock held.  For one table only: who wants more waits for them in
 * the order of their names.
 */
static bool
stand_by(struct db *sub, struct db *db, const struct plan *p)
{
	struct err ignored = { .kind = ERR_NONE };
	double began = now_s();
	enum peer_state state = PEER_GONE;
	struct str q = STR_INIT;
	int rc;

	if (sub == NULL)
		return false;
	mdl_lock_text(&q, MDL_ONE(&p->names.old));
	rc = db_send(sub, q.s, &ignored);
	str_free(&q);
	while (rc == 0 && state != PEER_WAITS && now_s() - began < QUEUES) {
		rc = peer_look(db, db_id(sub), &state, &ignored);
		if (state != PEER_WAITS && stop_sleep(0.001))
			break;
	}
	return state == PEER_WAITS;
}

/* In one packet, because a trigger is dropped and made again. */
static int
send_names(struct db *db, const struct plan *p, const struct db *sub,
    struct err *e)
{
	struct str q = STR_INIT;
	size_t i, done;
	int rc;

	str_addf(&q, "USE %s; SET SESSION foreign_key_checks = 0; ",
	    p->names.old.db.sql);
	for (i = 0; i < p->script.n; i++)
		if (p->script.item[i].lane == SCRIPT_TABLE) {
			event_sql(p->script.item[i].sql);
			str_addf(&q, "%s; ", p->script.item[i].sql);
		}
	event_sql("UNLOCK TABLES");
	str_addz(&q, "SET SESSION foreign_key_checks = 1; ");
	/* Not needed any more; the application need not wait for it. */
	if (sub != NULL)
		str_addf(&q, "BEGIN NOT ATOMIC DECLARE CONTINUE HANDLER FOR "
		    "SQLEXCEPTION DO 0; KILL %lu; END; ", db_id(sub));
	str_addz(&q, "UNLOCK TABLES");
	rc = db_send(db, q.s, e) != 0 || watchdog_receive(db, &done, e) != 0 ?
	    -1 : 0;
	str_free(&q);
	return rc;
}

/* With the lock held: what may have been begun with; then let go. */
static int
run_names(struct db *db, const struct plan *p, struct undo *undo,
    struct err *e)
{
	return mdl_release(db, mdl_reopen(db, &p->names.old, e) != 0 ||
	    undo_run(undo, UNDO_FINISH, run_again, db, e) != 0 ? -1 : 0, e);
}

/*
 * It broke off.  If a statement was ended (KILL QUERY), the lock may still be
 * ours; but in the midst of a trigger MariaDB loses the table from those that
 * are locked (1100).  Then it is the substitute's, as with the connection.
 */
static int
go_on(struct db *db, struct db *sub, const struct plan *p, struct undo *undo,
    struct err *e)
{
	struct err why = *e, e2 = { .kind = ERR_NONE };
	size_t done;
	int rc = -1;

	if (why.kind == ERR_SQL)
		rc = run_names(db, p, undo, &e2);
	if (rc != 0 && sub != NULL && watchdog_receive(sub, &done, &e2) == 0)
		rc = run_names(sub, p, undo, &e2);
	if (rc == 0)
		log_warn("finishing the cut-over was interrupted and "
		    "continues: %s", why.text);
	if (rc != 0)
		*e = why;
	return rc;
}

int
finish_names(struct db *db, const struct plan *p, const struct config *cfg,
    struct undo *undo, struct err *e)
{
	const struct qname **t;
	struct err ignored;
	struct mdl_set set;
	struct db *sub;
	bool held, broke;
	int rc;

	if (!script_has(&p->script, SCRIPT_TABLE))
		return 0;
	/* Before there is a lock: to connect takes its time. */
	sub = substitute(db);
	t = finish_tables(p, &p->names.attic, &set);
	rc = mdl_hold(db, &set, &cfg->tries_update_foreign_keys, e);
	free(t);
	held = rc == 0;
	if (held && !stand_by(sub, db, p)) {
		db_close(sub);
		sub = NULL;
	}
	if (held)
		rc = mdl_reopen(db, &p->names.old, e) != 0 ||
		    send_names(db, p, sub, e) != 0 ? -1 : 0;
	/* What is left of its session has other settings. */
	broke = rc != 0 && (held || e->kind == ERR_LOST);
	if (held && rc != 0)
		rc = go_on(db, sub, p, undo, e);
	db_close(sub);
	if (broke && server_reconnect(db, rc == 0 ? e : &ignored) != 0)
		rc = -1;
	return rc;
}

int
finish_unpark(struct db *db, const struct names *n, const struct tries *tries,
    struct err *e)
{
	struct str q = STR_INIT;
	int rc = table_exists(db, &n->parked, e);

	if (rc <= 0)
		return rc;
	sql_unpark(&q, n);
	rc = mdl_run(db, MDL_ONE(&n->parked), tries, q.s, e);
	str_free(&q);
	return rc;
}

int
finish_run(struct db *db, const struct plan *p, const struct config *cfg,
    struct undo *undo, struct err *e)
{
	bool back = undo_owes(undo, UNDO_RESTORE);
	struct mdl_set set;
	const struct qname **t = finish_tables(p, back ? &p->names.shadow :
	    &p->names.attic, &set);
	int rc = 0;

	if (back && p->park != NULL)
		rc = finish_unpark(db, &p->names, &cfg->tries_swap_tables, e);
	if (rc == 0)
		rc = mdl_hold(db, &set, &cfg->tries_update_foreign_keys, e);
	if (rc == 0) {
		rc = mdl_reopen(db, &p->names.old, e);
		if (rc == 0)
			rc = undo_run(undo, back ? UNDO_RESTORE : UNDO_FINISH,
			    run_again, db, e);
		rc = mdl_release(db, rc, e);
	}
	free(t);
	if (rc != 0 && e->kind == ERR_SQL)
		e->kind = ERR_FKEYS;
	return rc;
}
