#ifndef SCRIPT_H
#define SCRIPT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/ident.h"
#include "base/str.h"

/*
 * What follows the RENAME, while the application is still kept out: the
 * children's foreign keys are turned to the new table, the user's triggers
 * are brought over, and foreign keys get their names back.
 *
 * Each statement is atomic, and to run one that has been run is an error that
 * can be passed over (db_class() DB_DONE), so the whole list may be run again
 * when it broke off.
 */
enum script_lane {
	SCRIPT_HOLDER,		/* on both, before the RENAME; MariaDB */
	SCRIPT_RESTORE,		/* and back, when it does not come */
	SCRIPT_RETAKE,		/* and that, if no session was let in */
	SCRIPT_ATTIC,		/* on the old table, now out of the way */
	SCRIPT_CHILD,		/* on a child */
	SCRIPT_TABLE,		/* on the new table */
};

struct script_item {
	enum script_lane lane;
	const struct qname *child;	/* for SCRIPT_CHILD */
	char *sql;
	/*
	 * It must be the last in its packet: MySQL takes the ";" that comes
	 * after a trigger of one statement for a part of it.
	 */
	bool last;
};

struct script {
	/* Each once, in the order to lock them; children first, and parents
	 * that are no children. */
	const struct qname **child, **parent;
	size_t n_children, n_parents;
	/* Writes to what references the children lock these, too. */
	const struct qname **grandchild;
	size_t n_grandchildren;
	/*
	 * MariaDB: when the RENAME comes, nothing is left to be done to the old
	 * table that needs its parents, see cutover_fkeys_leaves_parents().
	 */
	bool leaves_parents;
	struct script_item *item;
	size_t n;
};

/* Is there one in this lane? */
bool script_has(const struct script *c, enum script_lane lane);

/* Is it one that follows the RENAME, and is to be done whatever happens? */
bool script_follows(const struct script_item *it);

/* Add a statement, which sql loses; child is for SCRIPT_CHILD. */
void script_add(struct script *c, enum script_lane lane,
    const struct qname *child, struct str *sql);
void script_free(struct script *c);

#endif
