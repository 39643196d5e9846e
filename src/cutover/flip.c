#include "cutover/flip.h"

#include "base/log.h"
#include "base/str.h"
#include "model/reverse.h"
#include "model/sync_triggers.h"

static void
announce(const char *what, struct str *names)
{
	if (names->len > 0)
		log_info("%s: %s", what, names->s);
	str_reset(names);
}

static void
announce_all(const struct plan *p)
{
	struct str names = STR_INIT;

	reverse_unfed(&names, p->back);
	announce("in the old table, rows written after the swap have a "
	    "DEFAULT in", &names);
	reverse_lost(&names, p->back);
	announce("lost when the swap is reverted", &names);
	reverse_narrow(&names, p->back);
	announce("the old table may not be able to hold what is written after "
	    "the swap, as it has the unique keys", &names);
	str_free(&names);
}

int
flip_plan(struct db *db, const struct plan *p, struct err *e)
{
	unsigned long long n = 0;
	struct str q = STR_INIT;
	int ev, rc;

	str_addz(&q, "SELECT COUNT(*) FROM information_schema.TRIGGERS WHERE "
	    "TRIGGER_SCHEMA = ");
	db_literal(&q, db, p->names.old.db.raw);
	for (ev = 0; ev < N_TRIGGERS; ev++) {
		str_addz(&q, ev == 0 ? " AND TRIGGER_NAME IN (" : ", ");
		db_literal(&q, db, p->back->trigger[ev].name.table.raw);
	}
	str_addz(&q, ")");
	rc = db_number(db, &n, e, "%s", q.s);
	str_free(&q);
	if (rc != 0)
		return -1;
	if (n > 0)
		return err_set(e, ERR_REVERSE, "there is a trigger called %s, "
		    "or like it, already", p->back->trigger[0].name.sql);
	announce_all(p);
	return 0;
}

static int
alter_rejects(struct db *db, const struct plan *back, struct err *e)
{
	struct str q = STR_INIT;
	int rc = 0;

	if (sync_triggers_alter_rejects(&q, back))
		rc = db_run_text(db, q.s, e);
	str_free(&q);
	return rc;
}

/*
 * One that a swap before this one made, which did not come, or the run that is
 * resumed, is in the ledger, and has no triggers yet.  It is made anew, in case
 * somebody has dropped it since.
 */
int
flip_prepare(struct db *db, const struct plan *p, struct undo *undo,
    struct err *e)
{
	const char *rejects = p->back->names.rejects.sql;
	bool ours = undo_owes(undo, UNDO_BACK);

	if (ours && db_run(db, e, "DROP TABLE IF EXISTS %s", rejects) != 0)
		return -1;
	if (!ours)
		undo_push(undo, UNDO_BACK, "DROP TABLE IF EXISTS %s", rejects);
	if (db_run_text(db, p->back->create_rejects, e) == 0) {
		if (alter_rejects(db, p->back, e) == 0)
			return 0;
	} else if (e->kind != ERR_LOST) {
		undo_forget(undo, UNDO_BACK);
	}
	return server_explain(p->server, &p->names.old.db, ERR_REVERSE, e);
}
