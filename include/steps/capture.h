#ifndef CAPTURE_H
#define CAPTURE_H

#include "base/err.h"
#include "base/undo.h"
#include "cli/config.h"
#include "model/plan.h"
#include "server/db.h"
#include "steps/trigger_set.h"

/* The triggers of a plan, which must stay. */
void capture_plan(struct trigger_set *set, const struct plan *p);

/* Create the table of notes: before the new table, for which it vouches. */
int capture_prepare(struct db *db, const struct names *n, struct undo *undo,
    struct err *e);

/* Create the triggers, in the right order. */
int capture_run(struct db *db, const struct plan *p,
    const struct config *cfg, struct undo *undo, struct trigger_set *set,
    struct err *e);

/*
 * Are the triggers those that we made, on what they write to no others
 * (trust_bare()), and have they noted nothing?  Returns 0, or -1 with *e:
 * ERR_TRIGGERS, or ERR_REJECTED with the notes.
 */
int capture_intact(struct db *db, const struct plan *p,
    const struct trigger_set *set, struct err *e);

/*
 * Triggers that another run has made: they are there, and as the plan has
 * them.  Returns 0, or -1 with *e (ERR_TRIGGERS).
 */
int capture_recall(struct db *db, const struct plan *p, struct trigger_set *set,
    struct err *e);

/*
 * Have they noted that what they write to was not there?  *n is how often; and
 * forget these notes, when the rows have been put right.
 */
int capture_missed(struct db *db, const struct plan *p, unsigned long long *n,
    struct err *e);
int capture_forget_missed(struct db *db, const struct plan *p, struct err *e);

/* Only that they have noted nothing. */
int capture_rejects(struct db *db, const struct plan *p, struct err *e);

#endif
