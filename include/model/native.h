#ifndef NATIVE_H
#define NATIVE_H

#include <stdbool.h>

#include "base/err.h"
#include "base/str.h"
#include "model/alter.h"
#include "model/table.h"
#include "server/server.h"

/*
 * What the server could do by itself.  Its own word counts: the ALTER is tried
 * on the new table, which is empty, by one way after the other.
 */

/* The ways, from what costs least. */
enum native_way {
	NATIVE_INSTANT,
	NATIVE_BESIDE,		/* indexes only (MariaDB: NOCOPY) */
	NATIVE_INPLACE,		/* perhaps all of it, while sessions write */
	NATIVE_SHARED,		/* the same while they only read */
	NATIVE_ONLINE,		/* a copy while they write (MariaDB 11.2) */
	NATIVE_COPY,		/* a copy while they only read */
	NATIVE_UNKNOWN,		/* the server was not asked */
};

struct native {
	enum native_way way;
	/* So it made the table anew; or did not, as is known. */
	bool rebuilt, kept;
	bool free;		/* it reads and writes no row */
	char why[512];		/* not at once: in the server's words, or ours;
				   '' where it was not asked */
	/* MySQL's row versions (0 of 0: not known, or not used): what the table
	 * would have, and may have. */
	unsigned long long versions, most;
};

/* The way as a part of the statement, "ALGORITHM=INSTANT"; NULL: it is none
 * that the server has. */
const char *native_words(enum native_way way, const struct server *s);

/*
 * Why the server is not asked: nothing that is before the clauses would hold
 * for them.  NULL: it may be.
 */
const char *native_unasked(const struct alter *a, const struct server *s);

/*
 * Why the ALTER is not done at once, whatever the server says; NULL: it may be.
 */
const char *native_unfit(const struct alter *a, const struct server *s);

/* Is this word (COPY, INSTANT), quoted or not, among what is left out? */
bool native_asks(const struct alter *a, const struct server *s,
    const char *word);

/*
 * Is it seen by its text that no clause has an index built?  Then what is done
 * in place without making the table anew touches no row.
 */
bool native_builds_none(const struct alter *a, const struct server *s);

/*
 * Is the table as is the other one, but for the names of both and of their
 * constraints?
 */
bool native_alike(const struct table *t, const struct table *other);

/* Add lines for the plan: the way, and what it costs on this table. */
void native_describe(struct str *out, const struct native *n,
    const struct table *old, const struct server *s);

#endif
