#ifndef PROOF_H
#define PROOF_H

#include "base/err.h"
#include "cli/config.h"
#include "model/plan.h"
#include "steps/walk.h"

/*
 * The proof of the swap: connections that begin a consistent snapshot while
 * the cut-over holds its locks see both tables as they are in that instant,
 * and after the RENAME they see them under their new names, whatever is
 * written to them since, and whatever foreign keys and triggers were moved
 * (tried on MariaDB 10.11 and 11.8 and MySQL 9.7).  So what was lost past the
 * triggers is found before the old table is dropped, however it was lost.
 *
 * It finds as well what is written to the old table between the snapshot and
 * the RENAME: afterwards no session writes to that table, so that what it holds
 * is compared with the new one's snapshot.
 *
 * A statement that rebuilds or empties the new table after the swap ends the
 * view of it (error 1412): then nothing can be said.  An open snapshot keeps
 * the server from purging what applications change meanwhile.
 */
struct proof;

/* Is it wanted, after a comparison that took so many seconds (below 0: there
 * was none)? */
bool proof_is_wanted(const struct config *cfg, double compared);

/*
 * Connect, before anything is locked; or, where *proof is there already, make
 * anew the connections that were lost.  Where the server takes no more of them,
 * one is enough.  Returns 0, or -1 with *e.  proof_close() is due in each case;
 * NULL is fine.
 */
int proof_open(struct proof **proof, const struct plan *p, struct err *e);
void proof_close(struct proof *proof);

/* Close one of the connections; returns how many snapshots are left. */
size_t proof_shrink(struct proof *proof);

/*
 * Take the snapshots, while the cut-over holds its locks; a second call takes
 * new ones.  Returns 0, or -1 with *e.
 */
int proof_begin(struct proof *proof, struct err *e);

/* It was not the moment: let go of the snapshots, and keep the connections. */
void proof_end(struct proof *proof);

/*
 * Compare, after the swap, when the lock has been released.  p is the plan of
 * the swap.  Returns 0, or -1 with *e: ERR_LOSS with the keys of rows that are
 * not the same; ERR_UNPROVEN when a snapshot was lost; or as walk_run().
 */
int proof_run(struct proof *proof, const struct plan *p,
    const struct config *cfg, const struct walk_watch *watch,
    struct walk_result *result, struct err *e);

#endif
