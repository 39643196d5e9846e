#ifndef VERIFY_H
#define VERIFY_H

#include "base/err.h"
#include "cli/config.h"
#include "model/plan.h"
#include "steps/interruptible_query.h"
#include "steps/walk.h"

/*
 * Compare the two tables, chunk by chunk, each in one snapshot.  The triggers
 * make them equal in every snapshot, so a difference is a real one.  Returns
 * 0, or -1 with *e: ERR_DIFFERENT with the keys of some of the rows,
 * ERR_STOPPED, or the server's error.
 */
int verify_run(const struct plan *p, const struct config *cfg,
    const struct bound *upto,
    const struct walk_watch *watch, struct walk_result *result,
    struct err *e);

/*
 * The difference of a chunk, for people: *e gets ERR_DIFFERENT, the counts, and
 * the keys of some rows, which are looked for on db as its transaction sees
 * them.  Returns -1.
 */
int verify_tell(const struct plan *p, struct db *db, const struct chunk *c,
    unsigned long long old, unsigned long long new, struct err *e);

/* Are there as many rows in both, in the transaction that db is in? */
int verify_count(const struct plan *p, struct db *db,
    const struct query_beat *beat, struct err *e);

/* Only that there are as many rows in both, in one snapshot.  ERR_STOPPED. */
int verify_counts(const struct plan *p, const struct config *cfg,
    const struct query_beat *beat, struct err *e);

#endif
