#ifndef SHADOW_H
#define SHADOW_H

#include "base/err.h"
#include "base/undo.h"
#include "cli/config.h"
#include "model/alter.h"
#include "model/plan.h"
#include "model/table.h"
#include "server/db.h"
#include "server/server.h"

/*
 * Choose names nobody else uses: as --new-table-name says, or derived, with
 * more underscores in front while they are taken.  names->old is given.
 * Returns 0, or -1 with *e (ERR_REFUSED).
 */
int shadow_names(struct names *n, struct db *db, const struct config *cfg,
    struct err *e);

/* Create the new table, empty and in the old shape. */
int shadow_create(struct db *db, const struct names *n,
    const struct table *old, const struct server *s,
    const struct config *cfg, struct undo *undo, struct err *e);

/*
 * Alter it, in a session of its own, as the user's client would; and find
 * out, on it, whether we may create triggers.
 */
int shadow_alter(struct db *db, const struct names *n,
    const struct table *old, const struct alter *a, const struct server *s,
    const struct config *cfg, struct err *e);

/* Create the table of notes, then the triggers, in the right order. */
int shadow_capture(struct db *db, const struct plan *p,
    const struct config *cfg, struct undo *undo, struct err *e);

/*
 * Are the triggers there, as we made them, and have they noted nothing?
 * Returns 0, or -1 with *e: ERR_TRIGGERS, or ERR_REJECTED with the notes.
 */
int shadow_intact(struct db *db, const struct plan *p, struct err *e);

/* Only the notes: after the swap, when the triggers may be gone. */
int shadow_notes(struct db *db, const struct plan *p, struct err *e);

#endif
