#ifndef CHECK_KEYS_H
#define CHECK_KEYS_H

#include <stdbool.h>

#include "base/err.h"
#include "model/table.h"
#include "server/db.h"
#include "server/server.h"

/*
 * Foreign keys of the table to itself that a MySQL which checks foreign keys
 * above InnoDB (9.6 and later) does not bear a second table like it with.
 * Each returns 0, or -1 with *e: ERR_REFUSED, or the server's error.
 */

/* Rows might be left without their parent. */
int check_keys_two_ways(struct db *db, const struct table *old, struct err *e);

/* Cascades to grandchildren would fail; with force that is only said. */
int check_keys_generations(struct db *db, const struct table *old, bool force,
    struct err *e);

/* Triggers that fire on its cascades could not write to the new table. */
int check_keys_firing(struct db *db, const struct table *old, struct err *e);

#endif
