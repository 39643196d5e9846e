#ifndef LOOKING_H
#define LOOKING_H

#include <stdbool.h>

#include "base/err.h"
#include "base/figures.h"
#include "base/ident.h"
#include "base/progress.h"
#include "base/waits.h"
#include "model/registry_row.h"
#include "server/db.h"

/* What became of a migration that is watched. */
enum looking_end {
	LOOKING_GOES_ON,
	LOOKING_SWAPPED,
	LOOKING_REVERTIBLE,	/* swapped, and kept in step to go back */
	LOOKING_REVERTED,
	LOOKING_UNSWAPPED,	/* it has ended without a swap, as it should */
	LOOKING_UNDONE,
	LOOKING_RESUMABLE,	/* nobody is at work on it any more */
	LOOKING_UNFINISHED,	/* the same, and it can only be removed */
	LOOKING_LEFT,		/* the same, and it is swapped */
	LOOKING_UNKNOWN,	/* it has ended, in one of two ways */
};

/* A migration, as the last look has found it. */
struct looking {
	struct db *db;
	struct qname table, registry;
	struct registry_row row;
	enum migration_state state;
	struct waits waits;
	struct figures figures;
	char *connection;	/* that is at work, or NULL */
	double unseen;		/* now_s(), since when nobody is; 0: somebody */
	double grace;		/* seconds in which it may connect again */
	enum looking_end end;
	enum err_kind status;	/* of its end */
	bool reverting;
	/* When the table was made, as of the first look, or NULL; it may be
	 * the same of the one that takes its place. */
	char *made;
	bool alike;
};

/*
 * Begin with a row that registry_find() has found, which becomes its own.
 * Returns 0, or -1 with *e.
 */
int looking_begin(struct looking *l, struct db *db, const struct qname *table,
    struct registry_row *row, struct err *e);

/*
 * Look again, by one question.  It waits for no lock of the table that is
 * altered.  Returns 0, or -1 with *e: ERR_LOST when the connection is gone.
 */
int looking_again(struct looking *l, struct err *e);

/* The connection was made anew: what broke it may have broken others. */
void looking_reconnected(struct looking *l);

/* How far it is in what it does; verb is NULL where no rows are counted. */
void looking_progress(const struct looking *l, struct progress *p);

/* Is that as of now?  Else of the last heartbeat. */
bool looking_is_young(const struct looking *l);

void looking_free(struct looking *l);

#endif
