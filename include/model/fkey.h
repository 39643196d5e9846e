#ifndef FKEY_H
#define FKEY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/ident.h"
#include "base/str.h"
#include "server/db.h"

/* A foreign key: columns of the child that must be found in the parent. */
struct fkey {
	struct ident name;
	struct qname child, parent;
	struct ident *column, *referenced;
	size_t n;			/* of each */
	struct ident index;		/* of just these columns; raw is ''
					   when there is none */
	char *on_update, *on_delete;	/* "CASCADE"; NULL: none was given */
};

struct fkeys {
	struct fkey *key;
	size_t n;
};

#define FKEYS_INIT { NULL, 0 }

/* Add the foreign keys that a table has.  fkey_free() either way. */
int fkey_own(struct fkeys *f, struct db *db, const struct qname *table,
    struct err *e);

/*
 * Add those of other tables that reference it, but for one beside it that is
 * ours (NULL: none).  Other schemas are searched as well, as far as the user
 * can see into them, unless here_only.
 */
int fkey_children(struct fkeys *f, struct db *db, const struct qname *table,
    const struct qname *ours, bool here_only, struct err *e);
void fkey_free(struct fkeys *f);

/* Add a copy. */
void fkey_add(struct fkeys *f, const struct fkey *k);

/* Forget the i-th. */
void fkey_remove(struct fkeys *f, size_t i);

/* The one of that name, or NULL. */
const struct fkey *fkey_find(const struct fkeys *f, const char *name);

/* Adds the parents to a set that realloc(3) has made; some perhaps twice. */
void fkey_parents(const struct fkeys *f, const struct qname ***set,
    size_t *n);

/* Does it reference its own table? */
bool fkey_is_self(const struct fkey *k);

/*
 * Does it write to the child when the parent is written to?  Such writes fire
 * no triggers (MySQL manual, "FOREIGN KEY Constraints"; MariaDB: "Foreign
 * Keys").
 */
bool fkey_cascades(const struct fkey *k);

/* Does it when the parent is deleted? */
bool fkey_acts_on_delete(const struct fkey *k);

/*
 * What it is called while its name is another table's: the names are unique in
 * a schema.  It sorts after the name it is made of, because the servers
 * cascade in the order of names: the old table's rows must be locked before
 * the new one's, so that no chunk with them is copied in between.
 */
void fkey_stand_in(struct ident *to, const char *name);

/*
 * The same on the old table, when that is kept in step after the swap.  It must
 * not begin with the table's name: a RENAME of the table renames what looks
 * like t_ibfk_1.
 */
void fkey_in_wait(struct ident *to, const char *name);

/* Of these, the key that k stands in for by its name, of either kind; or
 * NULL. */
const struct fkey *fkey_original(const struct fkeys *of,
    const struct fkey *k);

/* Adds "CONSTRAINT name FOREIGN KEY (...) REFERENCES parent (...) ON ...";
 * referenced NULL: k's own. */
void fkey_definition(struct str *q, const struct fkey *k,
    const struct ident *name, const struct qname *parent,
    const struct ident *referenced);

/*
 * Adds "RENAME INDEX i TO i, " unless it is there already, to be in the same
 * ALTER as the key that is added again: else an index that came with a foreign
 * key is replaced by one that is called like the new key, which takes MySQL
 * as long as the table is large.
 */
void fkey_keep_index(struct str *q, const struct fkey *k);

/* Adds all of them as text, so that two readings can be compared. */
void fkey_text(struct str *q, const struct fkeys *f);

/*
 * All that is known of them, as a list of model/registry_row.h, for a later
 * run; and add them from there. -1 with *e (ERR_REFUSED): it is no such list.
 */
void fkey_keep(struct str *list, const struct fkeys *f);
int fkey_recall(struct fkeys *f, const char *list, struct err *e);

#endif
