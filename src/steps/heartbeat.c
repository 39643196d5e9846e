#include "steps/heartbeat.h"

#include <string.h>

#include "base/log.h"
#include "base/stop.h"
#include "base/util.h"
#include "steps/registry.h"

#define BREATH		0.2	/* seconds between two looks */
#define LISTEN		6.0	/* seconds to wait for the next beat */

bool
heartbeat_is_foreign(const struct registry_row *r, const struct server *s)
{
	return !server_is_same(r->field[REGISTRY_SERVER], s->id);
}

/* The row is gone, another, or was touched. */
static bool
has_changed(const struct registry_row *was, const struct registry_row *is)
{
	return strcmp(was->field[REGISTRY_ID], is->field[REGISTRY_ID]) != 0 ||
	    strcmp(was->field[REGISTRY_HEARTBEAT],
	    is->field[REGISTRY_HEARTBEAT]) != 0;
}

/*
 * However old the heartbeat is: this may be a replica that lags behind, and
 * the clocks of two servers may differ.
 */
int
heartbeat_beats(struct db *db, const struct qname *table,
    const struct registry_row *r, struct err *e)
{
	const struct server *s = db_server(db);
	double until = now_s() + LISTEN;
	struct registry_row now;
	int rc;
	bool alive = false;

	if (!heartbeat_is_foreign(r, s))
		return 0;
	log_info("it last ran on %s; checking whether it still runs",
	    r->field[REGISTRY_SERVER]);
	while (!alive && now_s() < until && !stop_sleep(BREATH)) {
		rc = registry_find(&now, db, table, e);
		if (rc < 0)
			return -1;
		alive = rc == 0 || has_changed(r, &now);
		registry_row_free(&now);
	}
	return alive;
}
