#ifndef CHECK_ENGINE_H
#define CHECK_ENGINE_H

#include "base/err.h"
#include "model/table.h"
#include "server/db.h"

/*
 * Can rows of this engine be copied while they are written to?  Those of InnoDB
 * can; and those of MyISAM, Aria and MEMORY, which undo nothing (as the server
 * says in information_schema.ENGINES) and lock the whole table (by_key.h).
 * Returns 0, or -1 with *e: ERR_REFUSED.
 */
int check_engine_old(const struct table *old, struct err *e);

/*
 * MySQL with enforce_gtid_consistency=ON takes a statement that reads a table
 * under LOCK TABLES for one that writes it, and refuses it beside InnoDB (error
 * 1785), as the last rows would be brought over in the cut-over.
 */
int check_engine_logged(struct db *db, const struct table *old,
    struct err *e);

/* And can the new table be kept in step? */
int check_engine_new(const struct table *old, const struct table *new,
    struct err *e);

#endif
