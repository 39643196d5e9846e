#ifndef MIGRATION_H
#define MIGRATION_H

#include <stdbool.h>

#include "base/account.h"
#include "base/err.h"
#include "base/undo.h"
#include "cli/config.h"
#include "model/alter.h"
#include "model/identity.h"
#include "model/dependents.h"
#include "model/filter.h"
#include "model/native.h"
#include "model/plan.h"
#include "model/table.h"
#include "server/db.h"
#include "server/server.h"
#include "steps/activity.h"
#include "steps/bring.h"
#include "steps/check.h"
#include "steps/copy.h"
#include "steps/in_flight.h"
#include "server/replica.h"
#include "steps/proof.h"
#include "steps/registry.h"
#include "steps/target.h"
#include "steps/trigger_set.h"
#include "steps/walk.h"
#include "throttle/gate.h"
#include "throttle/lag.h"
#include "throttle/watcher.h"

/* Has the new table taken the old one's place?  The point of no return. */
enum swap_state {
	SWAP_NOT_YET,
	SWAP_DONE,
	SWAP_UNKNOWN,			/* the server was lost in it */
};

/*
 * One migration, from the command line to the last DROP.  Only the
 * stories (src/<name>.c) know this struct; what they call is given the parts
 * it needs.
 */
/* See unnoted.h. */
struct unnoted {
	unsigned long long kills, locks;	/* counters of the server */
	bool possible;			/* the first has changed */
	bool likely;			/* both have */
	bool ever;			/* ... at any time */
};

struct migration {
	const struct config *cfg;
	struct db *db;			/* the main connection */
	struct server server;
	struct names names;
	struct account definer;		/* --trigger-definer, if any */
	struct alter alter;		/* what the text of the ALTER says */
	struct table *old;		/* as found */
	struct target target;		/* what --to makes of it */
	struct dependents dependents;			/* what hangs on it */
	struct fkeys added;		/* foreign keys that the ALTER adds */
	struct filter filter;		/* --where, once there is a plan */
	struct table *new;		/* as it came out of the ALTER */
	struct native native;		/* what the server could do itself */
	bool at_once;			/* and is to do; see at_once.h */
	bool already;			/* nothing is: see already.h */
	char digest[65];		/* see digesting.h; or "" */
	struct plan plan;		/* every statement we will run */
	struct trigger_set triggers;	/* ours, on the old table */
	struct registry registry;	/* our row in it */
	struct replica *replicas;	/* that are watched */
	bool sought;			/* they were looked for */
	struct lag_limits lag;
	struct gate *gate;		/* what makes it wait; see throttling */
	struct watcher *watcher;
	bool obeys;			/* the operator is one of its sources */
	bool watches_disks;		/* so are the disks, if they are seen */
	struct registry_row was;		/* that row, as it was found */
	struct undo undo;		/* what to take away if we fail */
	/* Are they the tables that were compared? */
	struct identity old_is, new_is;
	bool told_changed;
	struct unnoted unnoted;
	double look_after;		/* now_s() */
	enum swap_state swap;
	bool resumed;			/* began in an earlier run */
	unsigned long claimed_by;	/* the connection that locked others
					   out: no session came since */
	bool vouched;			/* its tables are its own, see
					   names_comment(); once it is read
					   from the registry */
	bool reconnected;		/* the server may have crashed */
	/* Going back: old is then the table in the new shape, new the one in
	 * the old shape, and forth the plan that made the one of the other. */
	bool reverting;
	bool adds_itself;		/* the ALTER has added foreign keys of
					   the table to itself */
	struct plan forth;
	struct config *recalled;	/* cfg, to be filled from the registry
					   when a migration is resumed */
	struct proof *proof;		/* of the swap; NULL: none is wanted */
	bool proof_left_out;		/* connections were scarce */
	unsigned int snapshots_lost;	/* cut-overs that were let go for it */
	enum err_kind unproven;		/* why the old table is kept: a loss,
					   or it is not known */
	bool unpurged;			/* the old table has rows left, and
					   stays for now */
	struct in_flight late;		/* began before the swap */
	struct activity activity;		/* does somebody write to it? */
	struct copy_result copied;
	double caught_up;		/* now_s(); see catch_up.h */
	struct brought brought;		/* what the new table has, by_key.h */
	unsigned long long locked;	/* see bring_locked() */
	/* A row may not have been noted: the tables have different numbers of
	 * rows, or the connection broke and the server may have crashed. */
	bool doubted;
	unsigned int too_much;		/* cut-overs that it was too much for */
	struct walk_result compared, proved;
	double began, compared_at;	/* now_s(); 0: not yet */
};

#define MIGRATION_INIT(config) \
	{ .cfg = (config), .recalled = (config), .undo = UNDO_INIT, \
	    .registry = REGISTRY_INIT, .activity = ACTIVITY_INIT, \
	    .target = TARGET_INIT }

/* The first step: connect, and see what the server is. */
int migration_connect(struct migration *m, struct err *e);

/* Read the ALTER, the table, and what hangs on it. */
int migration_read(struct migration *m, struct err *e);

struct check_input migration_to_check(const struct migration *m);

/* Say what else in the schema the plan breaks, as ALTER TABLE would. */
int migration_tell_breakage(const struct migration *m, struct err *e);

/* The configuration, as far as the plan depends on it. */
struct plan_options migration_options(const struct migration *m);

/* Say what a dry run has planned. */
void migration_tell_plan(const struct migration *m);

/* Do children still reference the old table after the swap, as
 * --alter-foreign-keys-method=none says?  Then it is kept. */
bool migration_left_behind(const struct migration *m);

void migration_free(struct migration *m);

#endif
