#ifndef THROTTLING_H
#define THROTTLING_H

#include <stdbool.h>

#include "story/migration.h"

/*
 * Find the replicas whose lag the migration will wait for, say who they are,
 * and check them (steps/check_replicas.h).  A revert waits for none, as it must
 * be possible when one is broken, and checks those that it reaches.
 * Returns 0; or -1 with *e, also when one is not reached and
 * --fail-on-stopped-replication holds.
 */
int throttling_find_replicas(struct migration *m, struct err *e);

/* The same of a run that had no need to look for them until now, and without
 * checks. */
int throttling_look_for_replicas(struct migration *m, struct err *e);

/*
 * The gate of a migration: which sources it has (throttle/).  They are looked
 * at from the first call on; what the operator asks for, once it is in the
 * registry.  NULL when a source has ended the run: what is left to do then is
 * not held up.
 */
struct gate *throttling_gate(struct migration *m);

/*
 * Now and then: watch replicas that have come, which must not break by what we
 * do, else -1 with *e; and try again what there was no thread for.
 */
int throttling_retry(struct migration *m, struct err *e);

/* Has a source ended the run? */
bool throttling_condemned(const struct migration *m);

/* As watcher_end(). */
bool throttling_end(struct migration *m);

#endif
