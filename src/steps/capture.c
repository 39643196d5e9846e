#include "steps/capture.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "model/journal.h"
#include "model/registry_row.h"
#include "model/sync_triggers.h"
#include "server/session.h"
#include "steps/trust.h"

void
capture_plan(struct trigger_set *set, const struct plan *p)
{
	trigger_set_init(set, &p->names.old, p->trigger, N_TRIGGERS);
}

/* Did a trigger fail to write its note? */
static int
check_lost(struct db *db, const struct plan *p, struct err *e)
{
	char *who = NULL;
	int rc;

	rc = db_value(db, &who, e, "SELECT IS_USED_LOCK('" NAMES_LOST "')",
	    names_lost(&p->names.old));
	if (rc == 0 && who != NULL) {
		rc = err_set(e, ERR_REJECTED, "connection %s wrote a row to "
		    "%s that is not in the %s table, and the trigger could "
		    "not note it in %s", who, p->names.old.sql, plan_there(p),
		    p->names.rejects.sql);
		err_hint(e, "possible causes are a full disk, a privilege "
		    "that %s has lost, and a table that is damaged or "
		    "missing; correct that, KILL %s, and start again",
		    p->server->user,
		    who);
	}
	free(who);
	return rc;
}

int
capture_prepare(struct db *db, const struct names *n, struct undo *undo,
    struct err *e)
{
	const struct server *s = db_server(db);
	struct str q = STR_INIT;
	int rc;

	undo_push(undo, UNDO_REJECTS, "DROP TABLE IF EXISTS %s",
	    n->rejects.sql);
	sync_triggers_rejects(&q, n);
	rc = db_run_text(db, q.s, e);
	str_free(&q);
	if (rc == 0)
		return 0;
	if (e->kind != ERR_LOST)
		undo_forget(undo, UNDO_REJECTS);
	return server_explain(s, &n->old.db, ERR_CREATE, e);
}

/* No session uses them yet. */
static int
alter_rejects(struct db *db, const struct plan *p, struct err *e)
{
	struct str q = STR_INIT;
	int rc = 0;

	if (sync_triggers_alter_rejects(&q, p))
		rc = db_run_text(db, q.s, e);
	str_free(&q);
	return rc;
}

/*
 * The order matters.  With the INSERT trigger first, a row inserted and then
 * updated before the UPDATE trigger is there would stay in the shadow as it
 * was inserted, and the copy would pass over it.
 */
int
capture_run(struct db *db, const struct plan *p, const struct config *cfg,
    struct undo *undo, struct trigger_set *set, struct err *e)
{
	struct err e2 = { .kind = ERR_NONE };
	struct str mode = STR_INIT;
	int rc;

	/* Of an earlier run. */
	if (check_lost(db, p, e) != 0 || alter_rejects(db, p, e) != 0)
		return -1;
	sync_triggers_session(&mode, p);
	rc = db_quiet(db, e, "%s", mode.s);
	str_free(&mode);
	if (rc != 0)
		return -1;
	rc = trigger_set_create(set, db, &cfg->tries_create_triggers,
	    undo, e);
	if (rc != 0)
		server_explain(p->server, &p->names.old.db, ERR_TRIGGERS, e);
	if (db_quiet(db, rc == 0 ? e : &e2, "SET SESSION sql_mode='"
	    SQL_MODE_OURS "'") != 0)
		rc = -1;
	return rc != 0 ? -1 : trigger_set_recognize(set, db, e);
}

int
capture_rejects(struct db *db, const struct plan *p, struct err *e)
{
	struct rows r = ROWS_INIT;
	struct str list = STR_INIT, which = STR_INIT;
	size_t i;
	int rc;

	journal_rejects(&which, p);
	rc = db_rows(db, &r, "vvv?", e, "SELECT what, errno, row_key, message "
	    "FROM %s" REGISTRY_OURS "%s LIMIT 5", p->names.rejects.sql,
	    which.s);
	str_free(&which);
	for (i = 0; rc == 0 && i < r.n; i++)
		str_addf(&list, ERR_LINE "  %s of row %s: %s (error %s)",
		    r.cell[i][0], r.cell[i][2],
		    strcmp(r.cell[i][1], "1242") == 0 ?
		    "another row has the same value in a unique key" :
		    r.cell[i][3] != NULL ? r.cell[i][3] : "unknown",
		    r.cell[i][1]);
	if (rc == 0 && r.n > 0) {
		rc = err_set(e, ERR_REJECTED, "the application wrote what the "
		    "%s table cannot hold:%s", plan_there(p), list.s);
		err_hint(e, "the application's statements succeeded, and the "
		    "%s table has them", plan_here(p));
	}
	rows_free(&r);
	str_free(&list);
	return rc != 0 ? -1 : check_lost(db, p, e);
}

/* ER_NO_SUCH_TABLE, ER_TABLE_NOT_LOCKED */
#define MISSED	" WHERE errno IN (1146, 1100)"

int
capture_missed(struct db *db, const struct plan *p, unsigned long long *n,
    struct err *e)
{
	return db_number(db, n, e, "SELECT COUNT(*) FROM %s" REGISTRY_OURS
	    MISSED, p->names.rejects.sql);
}

int
capture_forget_missed(struct db *db, const struct plan *p, struct err *e)
{
	return db_run(db, e, "DELETE FROM %s" MISSED, p->names.rejects.sql);
}

/* What the triggers write to runs nothing of others. */
static int
targets_bare(struct db *db, const struct plan *p, struct err *e)
{
	return trust_bare(db, &p->names.shadow, e) != 0 ? -1 :
	    trust_bare(db, &p->names.rejects, e);
}

/* The triggers, and what they write to. */
static int
check_triggers(struct db *db, const struct plan *p,
    const struct trigger_set *set, struct err *e)
{
	if (targets_bare(db, p, e) != 0)
		return -1;
	if (trigger_set_intact(set, db, e) == 0)
		return 0;
	if (e->kind == ERR_TRIGGERS)
		err_hint(e, "writes since then may not be in the %s table%s",
		    plan_there(p), p->complete ? "" : "; start again");
	return -1;
}

int
capture_intact(struct db *db, const struct plan *p,
    const struct trigger_set *set, struct err *e)
{
	return check_triggers(db, p, set, e) != 0 ||
	    capture_rejects(db, p, e) != 0 ? -1 : 0;
}

int
capture_recall(struct db *db, const struct plan *p, struct trigger_set *set,
    struct err *e)
{
	return check_triggers(db, p, set, e) != 0 ||
	    trigger_set_recognize(set, db, e) != 0 ? -1 : 0;
}
