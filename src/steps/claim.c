#include "steps/claim.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"

int
claim_take(struct db *db, const struct qname *table, struct err *e)
{
	struct ident lock;
	struct str name = STR_INIT, q = STR_INIT;
	char *got = NULL, *who = NULL;
	int rc;

	/* MySQL limits the name to 64 characters, as it does others. */
	str_addf(&name, "%s.%s", table->db.raw, table->table.raw);
	ident_derive(&lock, "livealter ", name.s, "");
	db_literal(&q, db, lock.raw);
	rc = db_value(db, &got, e, "SELECT GET_LOCK(%s, 0)", q.s);
	if (rc == 0 && (got == NULL || strcmp(got, "1") != 0)) {
		db_value(db, &who, e, "SELECT IS_USED_LOCK(%s)", q.s);
		rc = err_set(e, ERR_BUSY, "another livealter is at work on %s "
		    "(connection %s)", table->sql, who != NULL ? who : "?");
	}
	/* To be taken again, not asked for, when the connection is made anew. */
	if (rc == 0) {
		str_reset(&name);
		str_addf(&name, "DO GET_LOCK(%s, 10)", q.s);
		rc = db_session(db, name.s, e);
	}
	free(got);
	free(who);
	str_free(&name);
	str_free(&q);
	return rc;
}
