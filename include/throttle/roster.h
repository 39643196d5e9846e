#ifndef ROSTER_H
#define ROSTER_H

#include <stdbool.h>

#include "server/replica.h"
#include "server/server.h"
#include "throttle/discovery.h"
#include "throttle/source.h"

/*
 * The replicas that there are, which is looked at again while the run lasts.
 * With the table of --recursion-method=dsn=, what is added to it is watched,
 * and what is taken out is not any more; else they are searched for again, and
 * those that have come are watched.
 * This source holds nothing; what cannot be read is as it was.
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
