#ifndef IN_FLIGHT_H
#define IN_FLIGHT_H

#include <stddef.h>

#include "base/err.h"
#include "base/str.h"
#include "cli/config.h"
#include "model/plan.h"
#include "server/db.h"

/*
 * Statements that began before our triggers were there.  On MariaDB a CALL, an
 * event or a compound statement remembers for each of its statements which
 * tables it needs, also when that is run again; so there our triggers fire and
 * may open neither the new table nor that of the notes (error 1146 for both).
 * What they then miss is put right once the last of these has ended: what the
 * triggers have written until then is taken out of the new table again, and
 * the copy brings all rows (with --where, those that match).
 *
 * That is so where the table has triggers of its own, or is referenced, or
 * where stored functions are called; otherwise no session is waited for.
 *
 * No server says of a connection in a CALL more than the statement in it.  So
 * every connection that is at work is waited for until it is seen idle once.
 */
struct in_flight {
	unsigned long *id;	/* of the connections */
	size_t n;
};

/* The triggers are made: who may have begun before?  -1 with *e. */
int in_flight_begin(struct in_flight *f, struct db *db, const struct plan *p,
    const struct config *cfg, struct err *e);

/*
 * The same after a swap, where the table had our triggers, but only where there
 * are routines or events at all: who is at work just now?
 */
int in_flight_late(struct in_flight *f, struct db *db, const struct plan *p,
    const struct config *cfg, struct err *e);

/*
 * Look again: returns 1 when none is left, 0 when there are some, of whom the
 * eldest is named in *who; -1 with *e.
 */
int in_flight_ended(struct in_flight *f, struct db *db, struct str *who,
    struct err *e);

/* Take out what the triggers have written so far.  -1 with *e. */
int in_flight_sweep(struct db *db, const struct plan *p,
    const struct config *cfg, struct err *e);

void in_flight_free(struct in_flight *f);

#endif
