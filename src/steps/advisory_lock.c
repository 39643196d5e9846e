#include "steps/advisory_lock.h"

#include <stdlib.h>
#include <string.h>

#include "base/event.h"
#include "base/log.h"
#include "base/stop.h"
#include "base/str.h"
#include "server/peer.h"

#define TRIES		50	/* for the lock of a connection that broke */
#define BREATH		0.2	/* seconds between them */

/* The lock's name as a literal.  It may have 64 characters, as other names. */
static void
derive_name(struct str *q, struct db *db, const struct qname *table,
    const char *prefix)
{
	struct str name = STR_INIT;
	struct ident lock;

	str_addf(&name, "%s.%s", table->db.raw, table->table.raw);
	ident_apart(&lock, prefix, name.s, "");
	db_literal(q, db, lock.raw);
	str_free(&name);
}

void
advisory_lock_name(struct str *q, struct db *db, const struct qname *table)
{
	derive_name(q, db, table, "livealter ");
}

void
advisory_lock_swap_name(struct str *q, struct db *db, const struct qname *table)
{
	derive_name(q, db, table, "livealter swap ");
}

void
advisory_lock_park_name(struct str *q, struct db *db, const struct qname *table)
{
	derive_name(q, db, table, "livealter park ");
}

/*
 * Who holds the lock: anybody may take one of that name.  The client's program
 * is known where performance_schema is on; 1 when that is not livealter.
 */
static int
describe_holder(struct str *out, struct db *db, const char *id)
{
	struct err ignored = { .kind = ERR_NONE };
	struct str name = STR_INIT;
	char *program = NULL;
	int stranger;

	str_addf(out, "connection %s", id);
	peer_name(&name, db, strtoul(id, NULL, 10));
	if (name.len > 0)
		str_addf(out, ", %s", name.s);
	str_free(&name);
	db_value(db, &program, &ignored, "SELECT ATTR_VALUE FROM "
	    "performance_schema.session_connect_attrs WHERE PROCESSLIST_ID = "
	    "%s AND ATTR_NAME = 'program_name'", id);
	stranger = program != NULL && strcmp(program, "livealter") != 0;
	if (stranger)
		str_addf(out, ", program %s", program);
	free(program);
	return stranger;
}

static int
held_by(struct db *db, const struct qname *table, const char *id,
    struct err *e)
{
	struct str who = STR_INIT;

	if (describe_holder(&who, db, id) == 0) {
		err_set(e, ERR_BUSY, "another livealter is at work on %s (%s)",
		    table->sql, who.s);
	} else {
		err_set(e, ERR_BUSY, "the advisory lock of %s is held by a "
		    "session that is not livealter's (%s)", table->sql, who.s);
		err_hint(e, "KILL %s releases it", id);
	}
	str_free(&who);
	return -1;
}

/* Take it, or say who has it after so many seconds. */
static int
get_lock(struct db *db, const struct qname *table, int wait, struct err *e)
{
	struct str q = STR_INIT;
	char *got = NULL, *who = NULL;
	int rc;

	advisory_lock_name(&q, db, table);
	rc = db_value(db, &got, e, "SELECT GET_LOCK(%s, %d)", q.s, wait);
	if (rc == 0 && (got == NULL || strcmp(got, "1") != 0)) {
		db_value(db, &who, e, "SELECT IS_USED_LOCK(%s)", q.s);
		rc = held_by(db, table, who != NULL ? who : "0", e);
	}
	free(got);
	free(who);
	str_free(&q);
	return rc;
}

#define PARTING		1	/* seconds for a run that has just ended: the
				   server may not have noticed yet */
#define SWAP_LIMIT	10	/* seconds that such a swap may take */

int
advisory_lock_take(struct db *db, const struct qname *table, struct err *e)
{
	struct str q = STR_INIT;
	int rc;

	if (get_lock(db, table, PARTING, e) != 0)
		return -1;
	advisory_lock_swap_name(&q, db, table);
	rc = db_quiet(db, e, "DO GET_LOCK(%s, %d), RELEASE_LOCK(%s)", q.s,
	    SWAP_LIMIT, q.s);
	str_free(&q);
	return rc;
}

int
advisory_lock_holder(struct db *db, const struct qname *table, char **who,
    struct err *e)
{
	struct str q = STR_INIT;
	int rc;

	advisory_lock_name(&q, db, table);
	rc = db_value(db, who, e, "SELECT IS_USED_LOCK(%s)", q.s);
	str_free(&q);
	return rc;
}

static int
is_ours(struct db *db, const struct qname *table, bool *yes, struct err *e)
{
	struct str q = STR_INIT;
	unsigned long long n = 0;
	int rc;

	advisory_lock_name(&q, db, table);
	rc = db_number(db, &n, e, "SELECT IS_USED_LOCK(%s) = CONNECTION_ID()",
	    q.s);
	*yes = n == 1;
	str_free(&q);
	return rc;
}

/*
 * The server may not have noticed yet that the connection that had the lock
 * is gone.  When it has not restarted, which would have begun the ids again,
 * that one is told to go.
 */
int
advisory_lock_again(struct db *db, const struct qname *table, unsigned long was,
    struct err *e)
{
	struct err ignored = { .kind = ERR_NONE };
	char *who = NULL;
	int i;

	for (i = 0; get_lock(db, table, 0, e) != 0; i++) {
		if (e->kind != ERR_BUSY || i >= TRIES)
			return -1;
		if (advisory_lock_holder(db, table, &who, &ignored) == 0 &&
		    who != NULL && strtoul(who, NULL, 10) == was &&
		    was < db_id(db))
			db_quiet(db, &ignored, "KILL %lu", was);
		free(who);
		who = NULL;
		if (stop_sleep(BREATH))
			return -1;
	}
	return 0;
}

int
advisory_lock_keep(struct db *db, const struct qname *table, struct err *e)
{
	unsigned long was = db_id(db);
	bool ours = false;
	int rc;

	if (is_ours(db, table, &ours, e) == 0)
		return ours ? 0 : get_lock(db, table, 0, e);
	if (e->kind != ERR_LOST)
		return -1;
	log_warn("the connection was lost; connecting again");
	event_wait(EVENT_WAIT_SERVER, "the server");
	rc = server_reconnect(db, e);
	event_wait(EVENT_WAIT_SERVER, NULL);
	if (rc != 0 || advisory_lock_again(db, table, was, e) != 0)
		return -1;
	e->kind = ERR_NONE;
	log_info("connected again");
	return 1;
}
