#ifndef NAMES_H
#define NAMES_H

#include "base/ident.h"

/* The names of what we make, chosen before anything is made. */
struct names {
	struct qname old;		/* the user's table */
	struct qname shadow;		/* the new table until the swap */
	struct qname attic;		/* the old table after it */
	struct qname notes;		/* what the shadow could not hold */
	struct qname parked;		/* the new table in the cut-over */
	struct qname back_notes;	/* what the attic could not hold */
};

/* A table for a moment, to try on it what the new one will be asked for. */
void names_trial(struct qname *trial, const struct names *n);

/* The derived ones, given the user's table; shadow and attic as they would
 * be called if nobody else had taken the names.  MariaDB's RENAME locks tables
 * in the order of their names, and must come to the user's table before it
 * has the new one; so that one is parked under a name that comes later. */
void names_derive(struct names *n);

/* As the way back has them: what was shadow is attic, and the reverse. */
void names_turn(struct names *n);

#endif
