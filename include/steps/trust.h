#ifndef TRUST_H
#define TRUST_H

#include "base/err.h"
#include "base/ident.h"
#include "server/db.h"

/*
 * Is a table that has the name of one of ours the one that we have made?
 * Whoever may write the schema can put another one, or a view, in its place.
 */

/*
 * The registry: a base table, with the engine, columns, indexes and comment
 * that registry_row_create() gives it, and no triggers. 1; 0 when there is no
 * table of that name; or -1 with *e: ERR_REFUSED.
 */
int trust_registry(struct db *db, const struct qname *name, struct err *e);

/*
 * Does the table of notes vouch for that table (names_vouch())?  1; 0, also
 * when there is no such base table; or -1 with *e.
 */
int trust_vouched(struct db *db, const struct qname *rejects,
    const struct qname *table, struct err *e);

/*
 * One of ours, if it is there, is a base table and has no triggers; else -1
 * with *e (ERR_TRIGGERS), which names the trigger and its definer.  Whatever
 * writes to the table, which is our sessions and the triggers that we make,
 * would run it.
 */
int trust_bare(struct db *db, const struct qname *table, struct err *e);

/*
 * Keep the table until this transaction ends: no session can put another in its
 * place meanwhile, or a trigger on it.  index is the quoted name of one that it
 * has; a view has none, and is refused (see REGISTRY_OURS).
 */
int trust_hold(struct db *db, const struct qname *table, const char *index,
    struct err *e);

#endif
