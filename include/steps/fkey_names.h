#ifndef FKEY_NAMES_H
#define FKEY_NAMES_H

#include "base/err.h"
#include "base/undo.h"
#include "cli/config.h"
#include "model/alter.h"
#include "model/fkey.h"
#include "model/plan.h"
#include "server/db.h"

/*
 * Names of foreign keys are unique in a schema, and tables that this account
 * cannot see have some, too.  Those that the swap gives, for a moment or for
 * good, are tried on a table of their own, before anything is copied and once
 * more just before the swap: there it would be too late to find out.
 *
 * Returns 0, or -1 with *e: ERR_ALTER, as the server's own ALTER would fail,
 * when one is taken.  A table may be left in undo (UNDO_TRY).
 */
int fkey_names_try(struct db *db, const struct plan *p, const struct alter *a,
    const struct config *cfg, struct undo *undo, struct err *e);

/*
 * After the swap: has the table its keys by the names that they are to have?
 * What is called so already is passed over in the swap as done.  Returns 0, or
 * -1 with *e (ERR_FKEYS).
 */
int fkey_names_look(struct db *db, const struct plan *p, const struct alter *a,
    struct err *e);

#endif
