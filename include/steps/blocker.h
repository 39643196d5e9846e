#ifndef BLOCKER_H
#define BLOCKER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "cli/config.h"
#include "server/db.h"
#include "server/server.h"
#include "steps/mdl_set.h"

/*
 * The sessions that hold the metadata locks that we want: naming them, and
 * ending those that --kill-blockers allows to end.
 */

/* One wait for these tables, from db, which must not hold their locks. */
struct blocker_watch {
	struct db *db;
	const struct mdl_set *set;	/* NULL: only the whole server */
	const struct kill_rule *rule;	/* for blocker_look() */
	unsigned long but;		/* a connection of ours, or 0 */
	bool asks_age;			/* where there is nothing to do, too */
	size_t killed;
	/* Those of whom it was said why they are spared. */
	unsigned long *told;
	size_t n_told;
};

/*
 * Look who holds the locks: name some, if name says so, and kill by rule.
 * Returns for how many seconds the eldest of those who stay has been at it;
 * 0 when the server cannot be asked who holds them, or when there was
 * neither to name nor to kill, unless w asks for the age.  What fails is
 * logged.
 */
unsigned long long blocker_look(struct blocker_watch *w, bool name);
void blocker_free(struct blocker_watch *w);

/*
 * A statement ended because some lock was not to be had (1205): add the hint
 * who keeps everybody from it, if it is a backup.
 */
void blocker_explain(struct db *db, struct err *e);

/*
 * Can what --kill-blockers says be done, when it was given?  Returns 0, or -1
 * with *e: ERR_NEEDS and what to grant or to install.
 */
int blocker_check(struct db *db, const struct mdl_set *set,
    const struct kill_rule *rule, struct err *e);

#endif
