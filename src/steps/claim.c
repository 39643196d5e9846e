#include "steps/claim.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/stop.h"
#include "base/str.h"

#define RECONNECTS	30	/* one a second */

/* The lock's name as a literal.  It may have 64 characters, as other names. */
static void
add_name(struct str *q, struct db *db, const struct qname *table)
{
	struct str name = STR_INIT;
	struct ident lock;

	str_addf(&name, "%s.%s", table->db.raw, table->table.raw);
	ident_derive(&lock, "livealter ", name.s, "");
	db_literal(q, db, lock.raw);
	str_free(&name);
}

/* Take it, or say who has it. */
static int
get_lock(struct db *db, const struct qname *table, struct err *e)
{
	struct str q = STR_INIT;
	char *got = NULL, *who = NULL;
	int rc;

	add_name(&q, db, table);
	rc = db_value(db, &got, e, "SELECT GET_LOCK(%s, 0)", q.s);
	if (rc == 0 && (got == NULL || strcmp(got, "1") != 0)) {
		db_value(db, &who, e, "SELECT IS_USED_LOCK(%s)", q.s);
		rc = err_set(e, ERR_BUSY, "another livealter is at work on %s "
		    "(connection %s)", table->sql, who != NULL ? who : "?");
	}
	free(got);
	free(who);
	str_free(&q);
	return rc;
}

int
claim_take(struct db *db, const struct qname *table, struct err *e)
{
	return get_lock(db, table, e);
}

static int
is_ours(struct db *db, const struct qname *table, bool *yes, struct err *e)
{
	struct str q = STR_INIT;
	unsigned long long n = 0;
	int rc;

	add_name(&q, db, table);
	rc = db_number(db, &n, e, "SELECT IS_USED_LOCK(%s) = CONNECTION_ID()",
	    q.s);
	*yes = n == 1;
	str_free(&q);
	return rc;
}

int
claim_keep(struct db *db, const struct qname *table, struct err *e)
{
	bool ours = false;
	int i;

	if (is_ours(db, table, &ours, e) == 0)
		return ours ? 0 : get_lock(db, table, e);
	if (e->kind != ERR_LOST)
		return -1;
	log_warn("the connection was lost; connecting again");
	for (i = 0; i < RECONNECTS; i++) {
		if (db_reopen(db, e) == 0)
			return get_lock(db, table, e);
		if (stop_sleep(1))
			break;
	}
	e->kind = ERR_LOST;
	return -1;
}
