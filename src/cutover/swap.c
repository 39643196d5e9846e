#include "cutover/swap.h"

#include <stdlib.h>

#include "base/log.h"
#include "base/stop.h"
#include "base/util.h"
#include "cutover/cutover.h"
#include "cutover/flip.h"
#include "steps/advisory_lock.h"
#include "steps/mdl.h"

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

/* By a row that gets the number and does not keep it. */
static int
lend_number(struct db *db, const struct plan *p, const struct qname *to,
    unsigned long long number, struct err *e)
{
	struct err ignored = { .kind = ERR_NONE };
	const struct column *c = NULL;
	size_t i;
	int rc;

	for (i = 0; i < p->new->n_columns; i++)
		if (p->new->column[i].auto_increment)
			c = &p->new->column[i];
	if (c == NULL)
		return 0;
	rc = db_quiet(db, e, "START TRANSACTION") != 0 ||
	    db_run(db, e, "UPDATE %s SET %s = %llu LIMIT 1", to->sql,
	    c->name.sql, number) != 0 ? -1 : 0;
	if (rc != 0 && e->kind == ERR_LOST)
		return -1;
	if (rc != 0)
		log_warn("the new table's AUTO_INCREMENT stays lower than "
		    "the old one's: %s", e->text);
	e->kind = ERR_NONE;
	return db_quiet(db, rc == 0 ? e : &ignored, "ROLLBACK");
}

/*
 * The counter goes up with each mirrored INSERT, but not for numbers that
 * the application was given and rolled back before a trigger ran.
 *
 * MariaDB copies a table with a key WITHOUT OVERLAPS to set it (1845 with
 * ALGORITHM=INPLACE): that would block writers, and end the proof's snapshots
 * (1412).  After the swap such a table's counter stays.
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
	if (p->overlaps)
		return to == &p->names.shadow ?
		    lend_number(db, p, to, old - 1, e) : 0;
	str_addf(&q, "ALTER TABLE %s AUTO_INCREMENT = %llu", to->sql, old);
	/* The triggers use the shadow: its lock is the application's, too. */
	rc = mdl_run(db, MDL_ONE(to), &cfg->tries_swap_tables, q.s, e);
	str_free(&q);
	return rc;
}

/* Numbers that were given out since, and not kept. */
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

#define LOSSES 5	/* connections that break meanwhile */

/* Either may be done again when the connection broke. */
static int
prepare_table(struct db *db, const struct plan *p, const struct config *cfg,
    struct err *e)
{
	int i, rc;

	for (i = 0; (rc = raise_counter(db, p, cfg, &p->names.old,
	    &p->names.shadow, e) != 0 || analyze(db, p, cfg, e) != 0 ?
	    -1 : 0) != 0; i++)
		if (e->kind != ERR_LOST || i >= LOSSES ||
		    advisory_lock_keep(db, &p->names.old, e) < 0)
			break;
	return rc;
}

int
swap_prepare(struct db *db, const struct plan *p, const struct config *cfg,
    struct undo *undo, struct err *e)
{
	return prepare_table(db, p, cfg, e) != 0 ||
	    (p->back != NULL && flip_prepare(db, p, undo, e) != 0) ? -1 : 0;
}

enum cutover_end
swap_run(struct db *db, const struct plan *p, const struct config *cfg,
    struct undo *undo, const struct cutover_ask *ask, struct err *e)
{
	enum cutover_end end = cutover_run(db, p, cfg, undo, ask, e);

	if (end == CUTOVER_SWAPPED)
		raise_counter_again(db, p, cfg);
	return end;
}
