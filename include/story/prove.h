#ifndef PROVE_H
#define PROVE_H

#include "story/migration.h"

/*
 * Before the swap: see that the snapshots can be taken, where they are wanted.
 * Returns 0, or -1 with *e where --verify-swap=yes cannot be done.
 */
int prove_prepare(struct migration *m, struct err *e);

/*
 * While the cut-over holds its locks: take them.  1: a connection was lost, and
 * the cut-over is to let go and be tried again.
 */
int prove_begin(struct migration *m, struct err *e);

/*
 * A cut-over has failed: did it lack a connection that the proof has?  Then the
 * proof has one less, or is left out, and the cut-over may be tried again.
 */
bool prove_gives_way(struct migration *m, struct err *e);

/* The cut-over has not come to the RENAME. */
void prove_end(struct migration *m);

/*
 * The step after the swap.  Returns 0; or -1 with *e: ERR_LOSS, ERR_UNPROVEN.
 * Then the old table is not in the ledger any more.
 */
int prove_run(struct migration *m, struct err *e);

/* The same where the story has ended before that step, but after the RENAME. */
int prove_late(struct migration *m, struct err *e);

/*
 * Of a migration that died: was it swapped without being proven?  Then the old
 * table stays, unless the command line says --drop-old-table.
 */
bool prove_is_missing(const struct migration *m);

/* The error that says so.  Returns -1. */
int prove_missing(const struct migration *m, struct err *e);

#endif
