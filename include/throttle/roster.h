#ifndef ROSTER_H
#define ROSTER_H

#include <stdbool.h>

#include "server/replica.h"
#include "server/server.h"
#include "throttle/discovery.h"
#include "throttle/source.h"

/*
 * The table of --recursion-method=dsn=, which is read again while the run
 * lasts: what is added to it is watched, and what is taken out is not any more.
 * This source holds nothing; a table that cannot be read is as it was.
 */
struct roster;

/* list: those that are found already; how is copied, but not what it names. */
struct roster *roster_new(const struct server *s, const struct discovery *how,
    const struct replica *list);

/* The source frees it. */
void roster_source(struct source *s, struct roster *r);

/* Those that have come since, to be freed by the caller; NULL: none. */
struct replica *roster_take(struct roster *r);

/* Is one of this name in the table, as it was read last?  From any thread. */
bool roster_has(struct roster *r, const char *name);

#endif
