#include "server/db.h"

void
db_match(struct str *out, struct db *db, const char *schema,
    const char *table, const struct qname *name)
{
	db_exact(out, db, schema, name->db.raw);
	str_addz(out, " AND ");
	db_exact(out, db, table, name->table.raw);
}
