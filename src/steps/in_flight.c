#include "steps/in_flight.h"

#include <stdbool.h>
#include <stdlib.h>

#include "base/num.h"
#include "base/util.h"
#include "steps/mdl.h"

/* At work for an application, or for an event ("Connect"). */
#define AT_WORK \
	"COMMAND NOT IN ('Sleep', 'Daemon', 'Binlog Dump', 'Slave_IO', " \
	"'Slave_SQL', 'Slave_worker') AND USER NOT IN ('system user', " \
	"'unauthenticated user', 'event_scheduler') AND " \
	"ID <> CONNECTION_ID()"

static void
keep(struct in_flight *f, const struct rows *r)
{
	size_t i;

	free(f->id);
	f->id = xcalloc(r->n + 1, sizeof(*f->id));
	for (i = 0; i < r->n; i++)
		f->id[i] = strtoul(r->cell[i][0], NULL, 10);
	f->n = r->n;
}

/*
 * Why a statement keeps its list of tables: the table had triggers, or is
 * referenced, or a stored function is called.  Of functions that we may not see
 * the proof of the swap finds what comes of it.
 */
static int
keeps_lists(struct db *db, const struct plan *p, bool *yes, struct err *e)
{
	unsigned long long n = 0;

	*yes = p->dependents->n_triggers > 0 || p->dependents->child.n > 0;
	if (*yes)
		return 0;
	if (db_number(db, &n, e, "SELECT COUNT(*) FROM "
	    "information_schema.ROUTINES WHERE ROUTINE_TYPE = 'FUNCTION' AND "
	    "ROUTINE_SCHEMA NOT IN ('sys', 'mysql')") != 0)
		return -1;
	*yes = n > 0;
	return 0;
}

static int
who_is_at_work(struct in_flight *f, struct db *db, struct err *e)
{
	struct rows r = ROWS_INIT;
	int rc = db_rows(db, &r, "v", e, "SELECT ID FROM "
	    "information_schema.PROCESSLIST WHERE " AT_WORK);
	if (rc == 0)
		keep(f, &r);
	rows_free(&r);
	return rc;
}

int
in_flight_begin(struct in_flight *f, struct db *db, const struct plan *p,
    const struct config *cfg, struct err *e)
{
	bool yes = false;

	f->id = NULL;
	f->n = 0;
	if (p->server->mariadb && keeps_lists(db, p, &yes, e) != 0)
		return -1;
	return yes && !config_without(cfg, "in-flight") ?
	    who_is_at_work(f, db, e) : 0;
}

int
in_flight_late(struct in_flight *f, struct db *db, const struct plan *p,
    const struct config *cfg, struct err *e)
{
	unsigned long long n = 0;

	f->id = NULL;
	f->n = 0;
	if (p->server->mariadb && !config_without(cfg, "in-flight") &&
	    db_number(db, &n, e, "SELECT EXISTS (SELECT 1 FROM "
	    "information_schema.ROUTINES WHERE ROUTINE_SCHEMA NOT IN ('sys', "
	    "'mysql')) OR EXISTS (SELECT 1 FROM information_schema.EVENTS)") !=
	    0)
		return -1;
	return n > 0 ? who_is_at_work(f, db, e) : 0;
}

int
in_flight_ended(struct in_flight *f, struct db *db, struct str *who,
    struct err *e)
{
	struct rows r = ROWS_INIT;
	struct str list = STR_INIT;
	size_t i;
	int rc;

	if (f->n == 0)
		return 1;
	for (i = 0; i < f->n; i++)
		str_addf(&list, "%s%lu", i > 0 ? "," : "", f->id[i]);
	rc = db_rows(db, &r, "vv", e, "SELECT ID, CONCAT('connection ', ID, "
	    "' (', USER, '@', HOST, '): ', COALESCE(LEFT(INFO, 80), '')) FROM "
	    "information_schema.PROCESSLIST WHERE ID IN (%s) AND " AT_WORK
	    " ORDER BY ID", list.s);
	if (rc == 0)
		keep(f, &r);
	if (rc == 0 && r.n > 0)
		str_addz(who, r.cell[0][1]);
	rows_free(&r);
	str_free(&list);
	return rc != 0 ? -1 : f->n == 0;
}

/*
 * No other session uses the table meanwhile, so that no lock of a row is waited
 * for by either side.  It is no TRUNCATE, which would make another table of it.
 */
int
in_flight_sweep(struct db *db, const struct plan *p, const struct config *cfg,
    struct err *e)
{
	struct str q = STR_INIT;
	int rc;

	if (mdl_hold(db, MDL_ONE(&p->names.shadow), &cfg->tries_create_triggers,
	    e) != 0)
		return -1;
	str_addf(&q, "SET STATEMENT foreign_key_checks=0 FOR DELETE FROM %s",
	    p->names.shadow.sql);
	rc = db_run_text(db, q.s, e);
	str_free(&q);
	return mdl_release(db, rc, e);
}

void
in_flight_free(struct in_flight *f)
{
	free(f->id);
	f->id = NULL;
	f->n = 0;
}
