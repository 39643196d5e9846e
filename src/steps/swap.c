#include "steps/swap.h"

#include <stdlib.h>

#include "base/log.h"
#include "base/stop.h"
#include "base/util.h"
#include "steps/capture.h"
#include "steps/mdl.h"

#define SETTLE_LIMIT	30.0	/* seconds for the old connection to end */

static int
counter(struct db *db, const struct qname *table, unsigned long long *value,
    struct err *e)
{
	struct str q = STR_INIT;
	int rc;

	table_where(&q, db, table);
	rc = db_number(db, value, e, "SELECT AUTO_INCREMENT FROM "
	    "information_schema.TABLES WHERE %s", q.s);
	str_free(&q);
	return rc;
}

/*
 * The counter goes up with each mirrored INSERT, but not for numbers that
 * the application was given and rolled back before a trigger ran.
 */
static int
raise_counter(struct db *db, const struct plan *p, const struct config *cfg,
    const struct qname *from, const struct qname *to, struct err *e)
{
	unsigned long long old = 0, new = 0;
	struct str q = STR_INIT;
	int rc;

	if (p->sets_counter)
		return 0;
	if (counter(db, from, &old, e) != 0 || counter(db, to, &new, e) != 0)
		return -1;
	if (new == 0 || new >= old)
		return 0;
	str_addf(&q, "ALTER TABLE %s AUTO_INCREMENT = %llu", to->sql, old);
	/* The triggers use the shadow: its lock is the application's, too. */
	rc = mdl_run(db, p->server, to, &cfg->tries_swap_tables, q.s, e);
	str_free(&q);
	return rc;
}

/* Numbers that were given out since, to nobody who kept them. */
static void
raise_counter_again(struct db *db, const struct plan *p,
    const struct config *cfg)
{
	struct err e = { .kind = ERR_NONE };

	if (raise_counter(db, p, cfg, &p->names.attic, &p->names.old, &e) != 0)
		log_warn("the new table's AUTO_INCREMENT is lower than the "
		    "old one's was: %s", e.text);
}

static int
analyze(struct db *db, const struct plan *p, const struct config *cfg,
    struct err *e)
{
	const struct tries *t = &cfg->tries_analyze_table;
	unsigned int i;

	for (i = 1; cfg->analyze_before_swap; i++) {
		if (db_run(db, e, "ANALYZE TABLE %s", p->names.shadow.sql) ==
		    0)
			break;
		if (i >= t->times || e->kind == ERR_LOST ||
		    db_class(e->sqlno) != DB_CONFLICT)
			return err_while(e, "ANALYZE");
		if (stop_sleep(t->wait))
			return err_set(e, ERR_STOPPED, "stopped");
	}
	return 0;
}

/* A statement of a connection that is gone may still be running. */
static int
wait_for_end(struct db *db, unsigned long id, struct err *e)
{
	double until = now_s() + SETTLE_LIMIT;
	unsigned long long n;

	for (;;) {
		if (db_number(db, &n, e, "SELECT COUNT(*) FROM "
		    "information_schema.PROCESSLIST WHERE ID = %lu", id) != 0)
			return -1;
		if (n == 0)
			return 0;
		if (now_s() > until)
			return err_set(e, ERR_LOST, "connection %lu, which was "
			    "lost, is still there", id);
		stop_sleep(0.1);
	}
}

/*
 * The connection broke during the RENAME.  Connect again and look: 1 swapped,
 * 0 not swapped, -1 not to be found out.
 */
static int
settle(struct db *db, const struct plan *p, unsigned long id, struct err *e)
{
	int tries, attic, shadow;

	for (tries = 1; db_reopen(db, e) != 0; tries++)
		if (tries >= 10 || stop_sleep(1))
			return -1;
	if (wait_for_end(db, id, e) != 0)
		return -1;
	attic = table_exists(db, &p->names.attic, e);
	shadow = table_exists(db, &p->names.shadow, e);
	if (attic < 0 || shadow < 0)
		return -1;
	log_warn("the connection broke during the RENAME; the tables %s",
	    attic && !shadow ? "were swapped" : "were not swapped");
	return attic && !shadow;
}

/* Once the names are swapped, another table is ours to take away. */
static void
keep_new(const struct plan *p, struct undo *undo)
{
	undo_forget(undo, UNDO_SHADOW);
	undo_push(undo, UNDO_ATTIC, "DROP TABLE IF EXISTS %s",
	    p->names.attic.sql);
}

static int
rename_tables(struct db *db, const struct plan *p, const struct config *cfg,
    struct undo *undo, struct err *e)
{
	const struct tries *t = &cfg->tries_swap_tables;
	struct err e2 = { .kind = ERR_NONE };
	unsigned int i;
	unsigned long id;
	int swapped = 0;

	for (i = 0; i < t->times && swapped == 0; i++) {
		id = db_id(db);
		if (mdl_run(db, p->server, &p->names.old, t, p->swap, e) == 0)
			swapped = 1;
		else if (e->kind != ERR_LOST)
			break;
		else
			swapped = settle(db, p, id, &e2);
	}
	if (swapped == 1)
		keep_new(p, undo);
	else if (swapped < 0)
		err_hint(e, "it is not known whether the tables were swapped: "
		    "they were if there is a table %s", p->names.attic.sql);
	else if (e->kind == ERR_SQL || e->kind == ERR_LOST)
		e->kind = ERR_SWAP;
	return swapped == 1 ? 0 : -1;
}

int
swap_run(struct db *db, const struct plan *p, const struct config *cfg,
    const struct capture *c, struct undo *undo, bool *swapped,
    struct err *e)
{
	if (raise_counter(db, p, cfg, &p->names.old, &p->names.shadow,
	    e) != 0 ||
	    analyze(db, p, cfg, e) != 0 ||
	    capture_intact(db, p, c, e) != 0 ||
	    rename_tables(db, p, cfg, undo, e) != 0)
		return -1;
	*swapped = true;
	raise_counter_again(db, p, cfg);
	/*
	 * A write may have been noted between the last look and the RENAME.
	 * It is in the old table, which must not go then.
	 */
	if (capture_notes(db, p, e) != 0) {
		undo_forget(undo, UNDO_ATTIC);
		if (e->kind == ERR_REJECTED)
			err_hint(e, "the tables were swapped; the old one is "
			    "kept as %s and has these rows",
			    p->names.attic.sql);
		return -1;
	}
	return 0;
}
