#include "base/escape.h"
#include "base/str.h"
#include "server/db.h"

int
db_prepare(struct db *db, const char *name, const char *sql, struct err *e)
{
	struct str q = STR_INIT;
	int rc;

	str_addf(&q, "SET @%s = CONVERT(", name);
	escape_hex(&q, sql);
	str_addz(&q, " USING utf8mb4)");
	rc = db_quiet(db, e, "%s", q.s);
	str_free(&q);
	return rc != 0 ? rc : db_quiet(db, e, "PREPARE %s FROM @%s", name,
	    name);
}
