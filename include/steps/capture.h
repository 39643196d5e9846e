#ifndef CAPTURE_H
#define CAPTURE_H

#include "base/err.h"
#include "base/undo.h"
#include "cli/config.h"
#include "model/plan.h"
#include "server/db.h"

/* How our triggers are told from others with the same name and text. */
struct capture {
	char *created[N_TRIGGERS];	/* when, as the server says it */
};

/* Create the table of notes, then the triggers, in the right order. */
int capture_run(struct db *db, const struct plan *p,
    const struct config *cfg, struct undo *undo, struct capture *c,
    struct err *e);
void capture_free(struct capture *c);

/*
 * Are the triggers those that we made, and have they noted nothing?  Returns
 * 0, or -1 with *e: ERR_TRIGGERS, or ERR_REJECTED with the notes.
 */
int capture_intact(struct db *db, const struct plan *p,
    const struct capture *c, struct err *e);

/* Only the notes: after the swap, when the triggers may be gone. */
int capture_notes(struct db *db, const struct plan *p, struct err *e);

#endif
