#ifndef DICTIONARY_H
#define DICTIONARY_H

#include "base/err.h"
#include "base/ident.h"
#include "model/table.h"
#include "server/db.h"
#include "server/server.h"

/*
 * MySQL (8.0 to 9.7) reads a table's expressions (DEFAULT, generated columns,
 * CHECK, keys) by the sql_mode of the session that opens the table, and keeps
 * it open for others.  After a session with NO_BACKSLASH_ESCAPES, SHOW CREATE
 * TABLE gives '\\n' for '\n', and a table that is made from that, by native
 * ALTER TABLE as well, has another value for good.  information_schema gives
 * what the data dictionary has.
 *
 * Has the new table, just made, the expressions of the user's?  Returns 0, or
 * -1 with *e: ERR_CREATE when it has not.
 */
int dictionary_check(struct db *db, const struct qname *old,
    const struct qname *shadow, struct err *e);

#endif
