#ifndef CUT_H
#define CUT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/ident.h"
#include "base/str.h"

struct alter;
struct fkey;
struct err;
struct plan;

/*
 * What follows the RENAME, while the application is still kept out: the
 * children's foreign keys are turned to the new table, the user's triggers
 * are brought over, and foreign keys get their names back.
 *
 * Each statement is atomic, and to run one that has been run is an error that
 * can be passed over (db_class() DB_DONE), so the whole list may be run again
 * when it broke off.
 */
enum cut_lane {
	CUT_HOLDER,		/* on both, before the RENAME; MariaDB */
	CUT_RESTORE,		/* and back, when it does not come */
	CUT_RETAKE,		/* and that, if nobody was let in meanwhile */
	CUT_ATTIC,		/* on the old table, now out of the way */
	CUT_CHILD,		/* on a child */
	CUT_TABLE,		/* on the new table */
};

struct cut_item {
	enum cut_lane lane;
	const struct qname *child;	/* for CUT_CHILD */
	char *sql;
	/*
	 * It must be the last in its packet: MySQL takes the ";" that comes
	 * after a trigger of one statement for a part of it.
	 */
	bool last;
};

struct cut {
	/* Each once, in the order to lock them; children first, and parents
	 * that are no children. */
	const struct qname **child, **parent;
	size_t n_children, n_parents;
	/* Writes to what references the children lock these, too. */
	const struct qname **grandchild;
	size_t n_grandchildren;
	/*
	 * MariaDB: when the RENAME comes, nothing is left to be done to the old
	 * table that needs its parents, see cutkey_leaves_parents().
	 */
	bool leaves_parents;
	struct cut_item *item;
	size_t n;
};

/*
 * Fill p->cut.  Returns 0, or -1 with *e: ERR_REFUSED when the ALTER takes
 * from a child what it references.
 */
int cut_render(struct plan *p, const struct alter *a, struct err *e);

/*
 * Adds the definition of a child's foreign key, under this name and turned to
 * this table, by the names that its columns have in the new one.
 */
int cut_child_key(struct str *q, const struct plan *p, const struct fkey *k,
    const struct ident *name, const struct qname *to, struct err *e);
/*
 * Add what turns the mirroring around: p->back's triggers take the place of
 * p's.  Only under the lock, and only once: it cannot be made good later.
 */
void cut_turn(struct plan *p);

/* Is there one in this lane? */
bool cut_has(const struct cut *c, enum cut_lane lane);

/* Is it one that follows the RENAME, and is to be done whatever happens? */
bool cut_follows(const struct cut_item *it);

/* Add a statement, which sql loses; child is for CUT_CHILD. */
void cut_add(struct cut *c, enum cut_lane lane, const struct qname *child,
    struct str *sql);
void cut_free(struct cut *c);

#endif
