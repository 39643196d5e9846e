#ifndef RECALL_H
#define RECALL_H

#include "base/err.h"
#include "cli/config.h"
#include "story/migration.h"

/*
 * What a migration has to do with the registry: to be entered in it; and to be
 * read back from it when it has died, which is what resume and cleanup begin
 * with.
 */

/* Refuse to begin when one that died, or can be reverted, is there, and say
 * what can be done. */
int recall_refuse(struct migration *m, struct err *e);

/* Enter it before anything is made, in the registry and in the ledger. */
int recall_enter(struct migration *m, struct err *e);

/* Is what is on the server still ours?  1, 0 after a warning, or -1 with *e. */
int recall_still_ours(struct migration *m, struct err *e);

/*
 * Find the migration of m's table, see that it is dead, and keep every other
 * livealter off it: names, options (but for those that the command line
 * gives) and whether the tables were swapped are then as they were.  One that
 * can be reverted is taken for its revert, m->reverting, which has not yet
 * begun: the names are turned, and swapped means back.  cfg is what m->cfg
 * points to.  1; 0 when no migration of the table is known; or -1 with *e:
 * ERR_BUSY when it is alive.
 */
int recall_find(struct migration *m, struct config *cfg, struct err *e);

/* The same of the row that m->was has, but only to look: no session is kept off
 * it, and it may be at work.  0, or -1 with *e. */
int recall_look(struct migration *m, struct config *cfg, struct err *e);

/* May it have left a table to try things on? */
bool recall_was_trying(const struct migration *m);

/* Fill the ledger with what of its things is there, and its row. */
int recall_ledger(struct migration *m, struct err *e);

/* Refuse to go on with one whose tables only its row says to be ours. */
int recall_check_vouched(const struct migration *m, struct err *e);

/* Make the row ours, so that we may change what is there. */
int recall_adopt(struct migration *m, struct err *e);

#endif
