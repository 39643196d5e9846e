#ifndef NAMES_H
#define NAMES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/ident.h"
#include "base/str.h"

/* The registry, in the schema of the table. */
#define REGISTRY_NAME	"_livealter"

/* The names of what we make, chosen before anything is made. */
struct names {
	struct qname old;		/* the user's table */
	struct qname shadow;		/* the new table until the swap */
	struct qname attic;		/* the old table after it */
	struct qname rejects;		/* what the shadow could not hold */
	struct qname parked;		/* the new table in the cut-over */
	struct qname back_rejects;	/* what the attic could not hold */
};

/* A table for a moment, to try on it what the new one will be asked for. */
void names_trial(struct qname *trial, const struct names *n);

/*
 * Every table that a run may create, or rename to, one after another: false at
 * the end.  All of them appear in the binary log.
 */
bool names_made(struct qname *made, const struct names *n, size_t i);

/* Does an error of a server mention one of them, as a word? */
bool names_mentions(const struct names *n, const char *text);

/* The derived ones, given the user's table; shadow and attic as they would
 * be called if the names were not taken.  MariaDB's RENAME locks
 * tables in the order of their names.  It must wait for the user's table, with
 * nothing but that left to lock: who writes to a parent locks all of its
 * children, the new table and the user's in any order, and it would be a
 * deadlock (1213).  So the new one is parked under a name that comes earlier,
 * and that no session has locked. */
void names_derive(struct names *n);

/*
 * The n-th name to try when those before are taken: with so many underscores
 * in front, and from NAMES_UNDERSCORES on with _11, _12 ... at the end.
 */
#define NAMES_UNDERSCORES 10
#define NAMES_TRIES 999
void names_next(struct ident *to, const struct ident *base, int n);

/* Is it base, or one of those that are tried when it is taken? */
bool names_is_free(const char *name, const struct ident *base);

/* The i-th of our triggers on the user's table; of those of the revert. */
#define NAMES_TRIGGERS 3
void names_trigger(struct qname *to, const struct qname *table, int i,
    bool back);

/*
 * The advisory lock that an application's connection takes in a trigger when
 * not even a note can be written: nothing else in the server needs no room on a
 * disk, no privilege and no table, outlasts a ROLLBACK, and is seen by others.
 */
#define NAMES_LOST "lost by livealter %08x"
unsigned int names_lost(const struct qname *table);

/* One to try on a table of ours. */
void names_trial_trigger(struct qname *to, const struct qname *table);

/*
 * The comment of the table of notes names the tables that are dropped in the
 * end, which have the user's comment, or none: so it vouches for them.  It is
 * made before the new table, and dropped after the old one.  Who can write
 * rows of the registry only cannot make one.
 */
void names_comment(struct str *comment, const struct names *n);

/* Has the comment of the table of notes that table's name? */
bool names_vouch(const char *comment, const struct qname *table);

/* As the revert has them: what was shadow is attic, and the reverse. */
void names_reverse(struct names *n);

#endif
