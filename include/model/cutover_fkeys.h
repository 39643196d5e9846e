#ifndef CUTOVER_FKEYS_H
#define CUTOVER_FKEYS_H

#include <stdbool.h>

#include "base/err.h"
#include "model/alter.h"
#include "model/fkey.h"
#include "model/plan.h"

/* The names of the table's own foreign keys in the cut-over. */

/* Add the statement that takes them from the old table, after the RENAME; or
 * leaves them to it under other names, where it is kept in step. */
void cutover_fkeys_take(struct plan *p);

/* Add the statements that give them these names before the RENAME. */
void cutover_fkeys_wait(struct plan *p);

/*
 * On MariaDB, are the keys of the old table done with before the RENAME?  Who
 * locks a table locks for writing what its triggers, and those of the tables
 * to which it cascades, write to.  When a parent is among these, no second
 * connection can keep it from being written to after the RENAME.  What a
 * trigger writes to cannot be read from it (procedures, functions, triggers
 * behind it), so that there is one is enough.
 */
bool cutover_fkeys_leaves_parents(const struct plan *p);

/* Add the statement that drops them before the RENAME, and back. */
void cutover_fkeys_drop(struct plan *p);

/* Add the statements that let those to the table itself reference the new
 * one, before the RENAME. */
void cutover_fkeys_repoint(struct plan *p);

/*
 * Add the statements that give them their names, and that drop those which
 * the ALTER drops.  Returns 0, or -1 with *e (ERR_ALTER): an index that comes
 * with a key would have the name of another.
 */
int cutover_fkeys_name(struct plan *p, const struct alter *a, struct err *e);

/* Call this for each key of the table with the names it goes by in the
 * cut-over, and the one that it has in the end. */
typedef void cutover_fkeys_pair_fn(void *arg, const struct ident *stand_in,
    const struct ident *name);
void cutover_fkeys_pairs(const struct plan *p, const struct alter *a,
    cutover_fkeys_pair_fn *fn, void *arg);

/*
 * Add the keys that the table has in the end, as it will have them; p needs
 * the tables, their names, the server, and added and apart_new only.
 */
void cutover_fkeys_final(struct fkeys *f, const struct plan *p,
    const struct alter *a);

/* Add the keys to the table itself that the cut-over makes, or makes once more,
 * with what they reference in the new table. */
void cutover_fkeys_inside(struct fkeys *f, const struct plan *p,
    const struct alter *a);

/* The name of an old table's key before the RENAME of the table. */
void cutover_fkeys_from_attic(struct ident *to, const struct names *n,
    const struct fkey *k);

/* Is it a key that the ALTER adds, before it gets its name, with an index that
 * is to be called like it? */
bool cutover_fkeys_names_index(const struct fkey *k,
    const struct qname *shadow);

/* What a key of p->added is called on the new table until the swap. */
void cutover_fkeys_added(struct ident *to, const struct fkey *k);

#endif
