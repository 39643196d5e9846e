#include "steps/capture.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "base/util.h"
#include "model/journal.h"
#include "model/registry_row.h"
#include "model/sync_triggers.h"
#include "server/session.h"
#include "steps/mdl.h"
#include "steps/trust.h"

static int
create_triggers(struct db *db, const struct plan *p, struct undo *undo,
    struct err *e)
{
	const struct trigger *t;
	struct str q = STR_INIT;
	int ev, rc = 0;

	for (ev = 0; ev < N_TRIGGERS && rc == 0; ev++) {
		t = &p->trigger[ev];
		str_reset(&q);
		sync_triggers_create(&q, t, &p->names.old);
		undo_push(undo, UNDO_TRIGGER, "DROP TRIGGER IF EXISTS %s",
		    t->name.sql);
		rc = db_run_text(db, q.s, e);
		/* One of that name on another table is somebody else's. */
		if (rc != 0 && e->kind != ERR_LOST)
			undo_pop(undo);
		if (rc != 0)
			err_while(e, "creating trigger %s", t->name.sql);
	}
	str_free(&q);
	return rc;
}

/* All three under one lock, so that the application meets us only once. */
static int
create_under_lock(struct db *db, const struct plan *p,
    const struct config *cfg, struct undo *undo, struct err *e)
{
	struct err ignored = { .kind = ERR_NONE };
	int rc;

	if (mdl_hold(db, MDL_ONE(&p->names.old), &cfg->tries_create_triggers,
	    e) != 0)
		return -1;
	rc = mdl_reopen(db, &p->names.old, e);
	if (rc == 0)
		rc = create_triggers(db, p, undo, e);
	/* What a failure leaves behind, the application shall not meet. */
	if (rc != 0)
		mdl_reopen(db, &p->names.old, &ignored);
	return mdl_release(db, rc, e);
}

#define BODY 2		/* columns of SHOW CREATE TRIGGER */
#define CREATED 6

/*
 * SHOW CREATE TRIGGER has the text as it was sent; information_schema, on
 * MySQL, gives names with back-quotes another form.
 */
static int
show_trigger(struct db *db, const struct trigger *t, struct rows *r,
    struct err *e)
{
	return db_rows(db, r, "vvvvvv?", e, "SHOW CREATE TRIGGER %s",
	    t->name.sql);
}

/* When each was made: one that comes back is not the one that we made. */
int
capture_recognize(struct db *db, const struct plan *p, struct capture *c,
    struct err *e)
{
	struct rows r = ROWS_INIT;
	int ev, rc = 0;

	for (ev = 0; ev < N_TRIGGERS && rc == 0; ev++) {
		rc = show_trigger(db, &p->trigger[ev], &r, e);
		if (rc == 0 && r.n > 0)
			c->created[ev] = xstrdup_null(r.cell[0][CREATED]);
		rows_free(&r);
	}
	return rc;
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
		rc = err_set(e, ERR_REJECTED, "connection %s wrote to %s what "
		    "the %s table has not got, and the trigger could not note "
		    "it in %s", who, p->names.old.sql, plan_there(p),
		    p->names.rejects.sql);
		err_hint(e, "a full disk, a privilege that %s has lost, or a "
		    "table that is damaged or gone; see to that, KILL %s, "
		    "which has the mark, and start again", p->server->user,
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

/* Nobody uses them yet. */
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
    struct undo *undo, struct capture *c, struct err *e)
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
	rc = create_under_lock(db, p, cfg, undo, e);
	if (rc != 0)
		server_explain(p->server, &p->names.old.db, ERR_TRIGGERS, e);
	if (db_quiet(db, rc == 0 ? e : &e2, "SET SESSION sql_mode='"
	    SQL_MODE_OURS "'") != 0)
		rc = -1;
	return rc != 0 ? -1 : capture_recognize(db, p, c, e);
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

/* What is wrong with the trigger, if anything is. */
static const char *
complaint(const struct rows *r, const struct trigger *t, const char *created)
{
	size_t len = strlen(t->body), all;

	if (r->n == 0)
		return "is gone";
	all = strlen(r->cell[0][BODY]);
	if (all < len || strcmp(r->cell[0][BODY] + all - len, t->body) != 0)
		return "was changed";
	if (created != NULL && !same_text(r->cell[0][CREATED], created))
		return "was dropped and created again";
	return NULL;
}

static int
trigger_intact(struct db *db, const struct plan *p, const struct trigger *t,
    const char *created, struct err *e)
{
	struct rows r = ROWS_INIT;
	const char *why;

	/* Only one error says that it is gone; the table may be flushed, or
	 * locked, or our question be interrupted. */
	if (show_trigger(db, t, &r, e) != 0 && db_class(e->sqlno) != DB_DONE)
		return -1;
	why = complaint(&r, t, created);
	if (why != NULL) {
		err_set(e, ERR_TRIGGERS, "trigger %s %s", t->name.sql, why);
		err_hint(e, "writes since then may not be in the %s table%s",
		    plan_there(p), p->complete ? "" : "; start again");
	}
	rows_free(&r);
	return why != NULL ? -1 : 0;
}

/* What the triggers write to runs nothing of others. */
static int
targets_bare(struct db *db, const struct plan *p, struct err *e)
{
	return trust_bare(db, &p->names.shadow, e) != 0 ? -1 :
	    trust_bare(db, &p->names.rejects, e);
}

int
capture_intact(struct db *db, const struct plan *p, const struct capture *c,
    struct err *e)
{
	int ev;

	if (targets_bare(db, p, e) != 0)
		return -1;
	for (ev = 0; ev < N_TRIGGERS; ev++)
		if (trigger_intact(db, p, &p->trigger[ev], c->created[ev],
		    e) != 0)
			return -1;
	return capture_rejects(db, p, e);
}

int
capture_recall(struct db *db, const struct plan *p, struct capture *c,
    struct err *e)
{
	int ev;

	if (targets_bare(db, p, e) != 0)
		return -1;
	for (ev = 0; ev < N_TRIGGERS; ev++)
		if (trigger_intact(db, p, &p->trigger[ev], NULL, e) != 0)
			return -1;
	return capture_recognize(db, p, c, e);
}

void
capture_free(struct capture *c)
{
	int ev;

	for (ev = 0; ev < N_TRIGGERS; ev++)
		free(c->created[ev]);
}
