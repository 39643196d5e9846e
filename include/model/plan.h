#ifndef PLAN_H
#define PLAN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/ident.h"
#include "model/alter.h"
#include "model/deferral.h"
#include "model/dependents.h"
#include "model/names.h"
#include "model/path.h"
#include "model/script.h"
#include "model/table.h"
#include "model/trigger.h"
#include "server/server.h"
#include "server/session.h"

struct filter;				/* see filter.h */

/* A column of the new table and where its values come from. */
struct pair {
	const struct column *from;	/* of the old table, or NULL */
	const struct column *to;	/* of the new table */
	const char *filler;		/* SQL, the value when from is NULL */
	bool shifts;			/* between UTC and the server's clock */
	bool same;			/* nothing is converted */
	bool compared;			/* by value, not only for NULL-ness */
	bool may_change;		/* the user allows warnings for it */
	unsigned int judged;		/* bits of SESSION_NO_ZERO_*, by which
					   its values are judged one by one */
	bool adapts_null;		/* --null-to-not-null: NULL becomes the
					   type's implicit default */
	/* Of a revert: the ALTER's own conversion, where it keeps less than
	 * the old table holds.  The two are compared by it, and a value that
	 * does not change is left alone. */
	const struct pair *forth;
};

enum trigger_event { ON_DELETE, ON_UPDATE, ON_INSERT, N_TRIGGERS };

/* A unique key of the new table that the old one does not vouch for. */
struct new_key {
	const struct key *key;
	char *sql;		/* finds duplicates among the rows there are:
				   SELECT how many, values, two rows; NULL
				   when only the copy can tell */
};

/* A foreign key of the new table that the old one has not. */
struct new_fkey {
	const struct fkey *key;
	char *before;		/* finds rows of the old table without a
				   parent; NULL when its values change */
	char *after;		/* and of the new one, once it is filled */
};

/* The configuration, as far as the plan depends on it. */
struct plan_options {
	const char *chunk_index;	/* or NULL */
	bool null_to_not_null;
	bool checksum;			/* compare values, not only counts */
	const struct dependents *dependents;	/* what hangs on the table */
	const struct fkeys *added;	/* foreign keys that the ALTER adds */
	bool follow_children;		/* and they are to be turned */
	bool apart;			/* the new table is without keys to
					   itself: see apart.h */
	bool kept_in_step;		/* the old table, after the swap */
	bool proves;			/* the swap, if need be */
	unsigned int threads;		/* --threads; 0: auto */
	bool purges;			/* the old table, before its DROP */
	bool believes_new;		/* a test: see phantom.h */
	const char *definer;		/* of our triggers, quoted, or NULL */
	const struct filter *filter;	/* --where, or NULL */
	/* Does the user allow the copy to change values of this column of the
	 * new table?  NULL: of none. */
	bool (*may_change)(const void *arg, const char *column);
	const void *arg;
};

/* Why there are so many workers. */
enum threads_why {
	THREADS_ASKED,			/* --threads has a number */
	THREADS_ALONE,			/* one, whatever it says */
	THREADS_IN_TURN,		/* one inserts, and one compares */
	THREADS_CORES,			/* the server has so many cores */
	THREADS_UNKNOWN,		/* it is not known how many */
};

/* Every decision, and every statement that is known beforehand. */
struct plan {
	struct names names;
	/* It is a revert: every row is in both tables from the start. */
	bool complete;
	struct plan *back;		/* from the new table, once it is the
					   user's, to the old one; or NULL */
	const struct table *old, *new;
	const struct server *server;
	const struct dependents *dependents;
	const struct fkeys *added;
	/* Keys of the table to itself that the new one is without until the
	 * swap, as they are on the old table and as they will be (apart.h). */
	struct fkeys apart, apart_new;
	bool is_apart;
	/* Triggers may fire in the midst of a cascade, before the parent has
	 * its new key. */
	bool unchecked;
	bool follow_children;
	bool kept_in_step;
	bool proves, purges;
	bool believes_new;		/* the triggers look for no phantoms */
	const char *definer;		/* of the triggers, quoted, or NULL */
	/* Of the rows there are only those that match are copied; what is
	 * written since the copy began the triggers bring, whatever it is.
	 * NULL: all. */
	const struct filter *filter;
	/* The new table has a key WITHOUT OVERLAPS, and so no ON DUPLICATE KEY
	 * UPDATE (error 1235). */
	bool overlaps;

	struct pair *pair;		/* what is written to the new table */
	size_t n_pairs;
	size_t n_computed;		/* behind them, what both compute alike
					   (computed.h) and no session writes */
	const struct column **dropped;	/* columns the ALTER drops */
	size_t n_dropped;

	const struct key *walk;		/* of old: the order of the copy */
	const struct column **walk_new;	/* its parts in the new table; NULL
					   when dropped */
	/* The new table can be read by the same ranges: the walking key's
	 * columns are unchanged and lead one of its keys. */
	bool same_ranges;
	struct ident new_index;		/* that key, when same_ranges */

	const struct pair **id;		/* identify a row on both sides */
	size_t n_id;
	struct ident id_index;		/* the new table's key of them */
	bool computes_id;		/* some of them are generated */
	/* The ALTER may make keys equal that were different. */
	bool merges;
	/* The new table has unique keys besides the identifying one, or
	 * computes that one, or forbids more than equal keys, so that a
	 * duplicate may be a row that got lost. */
	bool other_unique;
	struct new_key *new_key;
	size_t n_new_keys;
	struct new_fkey *new_fkey;
	size_t n_new_fkeys;

	/* INSERT ... SELECT holds the new table's AUTO-INC lock: two of them
	 * wait for each other, and the application for both. */
	bool autoinc_lock;
	/* Then, while the application writes, rows are inserted as VALUES,
	 * which need no such lock. */
	bool by_values;
	/* The new table takes rows in ascending order of its identity only: one
	 * worker copies them, and what the triggers note it does, too.  See
	 * order.h. */
	bool in_order;
	/* The old table undoes nothing that a statement has done: the triggers
	 * note keys, and the copy brings the rows over.  See by_key.h. */
	bool by_key;
	/* The copy gives numbers to the rows, in the order of the key: one
	 * worker does. */
	bool numbers;
	unsigned int threads;		/* workers; see threads.h, */
	enum threads_why threads_why;	/* and why so many */
	bool checksum;			/* rows are compared by value */
	bool sets_counter;		/* the ALTER says AUTO_INCREMENT = n */
	unsigned int session;		/* bits of server/session.h */
	const char *zone;		/* the time_zone in which the triggers
					   write; NULL: it does not matter */

	struct trigger trigger[N_TRIGGERS];	/* in the order of creation */
	bool ansi_quotes;		/* some names in them are in double
					   quotes: see quoting.h, */
	struct ident unsayable;		/* and some cannot be; raw is '' when
					   there is none */
	char *create_rejects;
	char *copy_head;		/* INSERT ... SELECT ... WHERE */
	char *hold_head;		/* SELECT that only locks ... WHERE;
					   NULL where no INSERT waits */
	char *values_head;		/* SELECT an INSERT ... VALUES;
					   NULL unless by_values */
	char *copy_tail;		/* locking, without waiting */
	char *copy_tail_wait;		/* locking, and waiting */
	char *checksum_old;		/* SELECT count and sum ... WHERE */
	char *checksum_new;
	char *missing;			/* the rows of a chunk that the new
					   table has not: a COUNT ... WHERE */
	char *park;			/* before it, on MariaDB; or NULL */
	struct deferral deferral;	/* indexes that come after the copy */
	char *swap;			/* RENAME TABLE */
	struct script script;		/* what follows it */
};

/* The old table in the order of the walking key; as long as the plan is. */
struct path plan_path(const struct plan *p);

/*
 * Add what has to be the same, besides the triggers, for a copy to be
 * continued: the order of the rows, what becomes of them, and the swap.
 */
void plan_essence(struct str *out, const struct plan *p);

/* What the user calls the two tables, "old" and "new": in a revert, what
 * is written is the new one. */
const char *plan_here(const struct plan *p);
const char *plan_there(const struct plan *p);

/* The decisions and the statements, for people. */
void plan_print(const struct plan *p, struct str *to);

#endif
