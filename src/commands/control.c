#include "commands/control.h"

#include <stdlib.h>

#include "base/log.h"
#include "base/stop.h"
#include "base/util.h"
#include "cli/command.h"
#include "server/db.h"
#include "server/server.h"
#include "steps/advisory_lock.h"
#include "steps/check_server.h"
#include "steps/heartbeat.h"
#include "steps/privileges.h"
#include "steps/registry.h"
#include "story/connect.h"
#include "throttle/request.h"

#define PATIENCE	5.0	/* seconds for it to be read */

struct order {
	const struct config *cfg;
	struct db *db;
	struct server server;
	struct qname table;
	struct registry registry;
};

/* Somebody must be there to read it. */
static int
find(struct order *o, struct err *e)
{
	struct registry_row r;
	char *holder = NULL;
	int rc, alive = 0;

	rc = registry_find(&r, o->db, &o->table, e);
	if (rc == 1 && advisory_lock_holder(o->db, &o->table, &holder, e) != 0)
		rc = -1;
	if (rc == 1)
		alive = holder != NULL ? 1 :
		    heartbeat_beats(o->db, &o->table, &r, e);
	if (rc == 1 && alive == 1)
		o->registry.id = strtoull(r.field[REGISTRY_ID], NULL, 10);
	free(holder);
	registry_row_free(&r);
	if (rc < 0 || alive < 0)
		return -1;
	if (alive == 1)
		return 0;
	err_set(e, ERR_REFUSED, "no migration of %s is running", o->table.sql);
	return command_hint(e, o->cfg, "to see what is known of it", "status",
	    COMMAND_END);
}

/* It may be busy with something that it does not interrupt. */
static int
wait_until_read(struct order *o, struct err *e)
{
	double until = now_s() + PATIENCE;
	int rc;

	while ((rc = request_left(o->db, &o->registry.name,
	    o->registry.id, e)) == 1 &&
	    now_s() < until && !stop_sleep(0.1))
		;
	if (rc >= 0)
		log_answer(rc == 0 ? "Done." : "The request is recorded, but "
		    "not yet read.");
	return rc < 0 ? -1 : 0;
}

int
control_run(struct config *cfg, struct err *e)
{
	struct order o = { .cfg = cfg, .registry = REGISTRY_INIT };
	const char *why = request_check(cfg->action);
	int rc;

	if (why != NULL)
		return err_set(e, ERR_USAGE, "livealter control: %.60s: %s",
		    cfg->action, why);
	rc = connect_first(&o.db, &o.server, cfg, "control", e) != 0 ||
	    qname_set(&o.table, cfg->database, cfg->table, e) != 0 ?
	    -1 : 0;
	if (rc == 0) {
		registry_locate(&o.registry, &o.table);
		rc = check_server_writes(o.db, cfg, e) != 0 ||
		    find(&o, e) != 0 ||
		    request_put(o.db, &o.registry.name, o.registry.id,
		    cfg->action, e) != 0 ||
		    wait_until_read(&o, e) != 0 ? -1 : 0;
		if (rc != 0)
			privileges_blame(o.db, &o.table, PRIVILEGES_TELL, e);
	}
	registry_free(&o.registry);
	server_free(&o.server);
	db_close(o.db);
	return rc;
}
