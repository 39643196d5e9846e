#include "commands/cleanup.h"

#include <stdlib.h>
#include <string.h>

#include "base/event.h"
#include "base/log.h"
#include "base/output.h"
#include "base/stop.h"
#include "cli/command.h"
#include "model/as_was.h"
#include "model/fingerprint.h"
#include "steps/check_server.h"
#include "story/migration.h"
#include "story/prove.h"
#include "story/recall.h"
#include "story/report.h"
#include "story/settling.h"
#include "story/throttling.h"
#include "story/undoing.h"

/*
 * One that was to be done at once has altered the user's table, or somebody
 * else has.
 */
static void
tell_end(struct migration *m)
{
	struct err ignored = { .kind = ERR_NONE };
	struct str text = STR_INIT, why = STR_INIT;
	struct table *now = NULL;
	bool same = true;

	if (table_load(&now, m->db, &m->names.old, &ignored) == 0) {
		as_was_text(&text, now, &now->fkey, &m->names.old);
		same = fingerprint_same(m->was.field[REGISTRY_OLD_PRINT],
		    text.s, &why);
	}
	if (same)
		log_answer("Cleaned up: %s is as it was.", m->names.old.sql);
	else
		log_answer("Cleaned up: %s is not as it was when the "
		    "migration began: %.1000s", m->names.old.sql, why.s);
	table_free(now);
	str_free(&text);
	str_free(&why);
}

static int
take_away(struct migration *m, struct err *e)
{
	if (settling_prepare(m, e) != 0 || undoing_run(m, e) != 0) {
		if (m->unpurged) {
			undoing_print(&m->undo);
			return -1;
		}
		command_log(log_hint, m->cfg, "to remove what is left, later",
		    "cleanup", COMMAND_END);
		return -1;
	}
	if (m->unproven != ERR_NONE)
		return prove_missing(m, e);
	if (m->swap == SWAP_DONE)
		report_end(m, ERR_NONE);
	else if (m->reverting)
		log_answer("Cleaned up: %s can no longer be reverted.",
		    m->names.old.sql);
	else
		tell_end(m);
	return 0;
}

static void
hint_status(const struct config *cfg)
{
	struct err e;

	command_hint_status(&e, cfg, "to list what else is left");
	log_hint("%s", e.hint);
}

static int
clean_up(struct migration *m, struct config *cfg, struct err *e)
{
	int rc;

	if (migration_connect(m, e) != 0)
		return -1;
	rc = recall_find(m, cfg, e);
	if (rc == 0) {
		log_answer("No migration of %s is known.", m->names.old.sql);
		hint_status(cfg);
	}
	/* One that died when it had only the empty registry left to drop. */
	if (rc == 0 && !cfg->dry_run)
		rc = check_server_writes(m->db, cfg, e) != 0 ||
		    registry_end(&m->registry, m->db, &cfg->tries_drop_triggers,
		    e) != 0 ? -1 : 0;
	if (rc != 1)
		return rc;
	log_info("the migration of %s was %s; the tables were %sswapped%s",
	    m->names.old.sql, m->was.field[REGISTRY_STATE],
	    m->swap == SWAP_DONE ? "" : "not ", m->reverting ? " back" : "");
	if (!cfg->dry_run)
		return take_away(m, e);
	if (settling_ledger(m, e) != 0)
		return -1;
	if (m->unproven != ERR_NONE)
		log_warn("the swap is not proven; the old table is kept as %s, "
		    "unless --drop-old-table is given", m->names.attic.sql);
	return settling_print(m, e);
}

int
cleanup_run(struct config *cfg, struct err *e)
{
	struct migration m = MIGRATION_INIT(cfg);
	int rc;

	stop_parting(undoing_leave, &m.undo);
	rc = clean_up(&m, cfg, e);
	stop_parting(NULL, NULL);
	if (!throttling_end(&m)) {
		if (rc != 0)
			event_error(e);
		output_flush(0);
		stop_leave(rc != 0 ? (int)e->kind : 0);
	}
	migration_free(&m);
	return rc;
}
