#include "steps/finish.h"

#include <stdlib.h>

#include "base/log.h"
#include "base/stop.h"
#include "base/str.h"
#include "base/util.h"
#include "model/sql.h"

/*
 * Those that are renamed come first.  MySQL drops no foreign key while the
 * parent is in use; on MariaDB it is enough that the parents are not written
 * to, but what references a child counts as well.
 */
const struct qname **
finish_tables(const struct plan *p, const struct qname *other,
    struct mdl_set *set)
{
	const struct cut *c = &p->cut;
	const struct qname **t;
	size_t i, n = 0;

	t = xcalloc(3 + c->n_children + c->n_grandchildren + c->n_parents,
	    sizeof(*t));
	t[n++] = &p->names.old;
	t[n++] = other;
	if (other == &p->names.shadow)
		t[n++] = &p->names.notes;
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

static bool
is_queued(struct db *db, const struct db *sub)
{
	struct err ignored = { .kind = ERR_NONE };
	double began = now_s();
	unsigned long long n = 0;

	while (db_number(db, &n, &ignored, "SELECT COUNT(*) FROM "
	    "information_schema.PROCESSLIST WHERE ID = %lu AND STATE LIKE "
	    "'Waiting for table%%lock'", db_id(sub)) == 0 && n == 0 &&
	    now_s() - began < QUEUES && !stop_sleep(0.001))
		;
	return n > 0;
}

/*
 * Who waits behind us for the table gets it before the application does, as
 * weaker locks give way: so if we are killed between the DROP of a trigger and
 * its CREATE, no write comes in between.  For one table only: who wants more
 * waits for them in the order of their names.  NULL when that is not to be had.
 */
static struct db *
substitute(struct db *db, const struct plan *p, const struct config *cfg)
{
	struct err ignored = { .kind = ERR_NONE };
	struct str q = STR_INIT;
	struct db *sub = NULL;
	int rc;

	mdl_lock_text(&q, MDL_ONE(&p->names.old));
	rc = db_beside(&sub, db, &ignored) != 0 ||
	    server_session(p->server, sub, SESSION_CONDUCTOR, 0, cfg,
	    &ignored) != 0 ||
	    db_session(sub, "SET SESSION lock_wait_timeout = 1",
	    &ignored) != 0 || db_send(sub, q.s, &ignored) != 0 ? -1 : 0;
	str_free(&q);
	if (rc == 0 && is_queued(db, sub))
		return sub;
	db_close(sub);
	return NULL;
}

/* Not needed; so the application need not wait for it. */
static void
dismiss(struct str *q, const struct db *sub)
{
	if (sub != NULL)
		str_addf(q, "BEGIN NOT ATOMIC DECLARE CONTINUE HANDLER FOR "
		    "SQLEXCEPTION DO 0; KILL %lu; END; ", db_id(sub));
}

/* In one packet, because a trigger is dropped and made again. */
static int
send_names(struct db *db, const struct plan *p, const struct db *sub,
    struct err *e)
{
	struct str q = STR_INIT;
	size_t i, done;
	int rc;

	str_addz(&q, "SET SESSION foreign_key_checks = 0; ");
	for (i = 0; i < p->cut.n; i++)
		if (p->cut.item[i].lane == CUT_TABLE) {
			log_sql(p->cut.item[i].sql);
			str_addf(&q, "%s; ", p->cut.item[i].sql);
		}
	log_sql("UNLOCK TABLES");
	str_addz(&q, "SET SESSION foreign_key_checks = 1; ");
	dismiss(&q, sub);
	str_addz(&q, "UNLOCK TABLES");
	rc = db_send(db, q.s, e) != 0 || db_receive(db, &done, e) != 0 ?
	    -1 : 0;
	str_free(&q);
	return rc;
}

/* The connection is gone, and another one stood behind it. */
static int
take_over(struct db *sub, struct db *db, const struct plan *p,
    struct undo *undo, struct err *e)
{
	struct err why = *e;
	size_t done;

	if (db_receive(sub, &done, e) != 0) {
		*e = why;
		return -1;
	}
	if (mdl_open_anew(sub, p->server, &p->names.old, e) != 0 ||
	    undo_run(undo, UNDO_FINISH, run_again, sub, e) != 0)
		return -1;
	log_warn("in the midst of it: %s; another one has gone on", why.text);
	return server_reconnect(p->server, db, e);
}

int
finish_names(struct db *db, const struct plan *p, const struct config *cfg,
    struct undo *undo, struct err *e)
{
	const struct qname **t;
	struct mdl_set set;
	struct db *sub;
	int rc;

	if (!cut_has(&p->cut, CUT_TABLE))
		return 0;
	t = finish_tables(p, &p->names.attic, &set);
	rc = mdl_hold(db, p->server, &set, &cfg->tries_update_foreign_keys,
	    e);
	free(t);
	if (rc != 0)
		return rc;
	sub = substitute(db, p, cfg);
	rc = mdl_open_anew(db, p->server, &p->names.old, e) != 0 ||
	    send_names(db, p, sub, e) != 0 ? -1 : 0;
	if (rc != 0 && e->kind == ERR_LOST && sub != NULL)
		rc = take_over(sub, db, p, undo, e);
	db_close(sub);
	return rc;
}

int
finish_unpark(struct db *db, const struct server *s, const struct names *n,
    const struct tries *tries, struct err *e)
{
	struct str q = STR_INIT;
	int rc = table_exists(db, &n->parked, e);

	if (rc <= 0)
		return rc;
	sql_unpark(&q, n);
	rc = mdl_run(db, s, MDL_ONE(&n->parked), tries, q.s, e);
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
		rc = finish_unpark(db, p->server, &p->names,
		    &cfg->tries_swap_tables, e);
	if (rc == 0)
		rc = mdl_hold(db, p->server, &set,
		    &cfg->tries_update_foreign_keys, e);
	if (rc == 0) {
		rc = mdl_open_anew(db, p->server, &p->names.old, e);
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
