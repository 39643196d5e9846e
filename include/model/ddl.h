#ifndef DDL_H
#define DDL_H

#include <stdbool.h>

#include "base/err.h"
#include "base/ident.h"
#include "base/str.h"

/*
 * The shadow's CREATE TABLE, made from the server's own SHOW CREATE TABLE of
 * the original.  The text must come from a session without ANSI_QUOTES and
 * NO_BACKSLASH_ESCAPES and with sql_quote_show_create=1, and run in one.
 */
struct ddl_change {
	const struct qname *to;		/* the shadow's name */
	bool drop_engine;		/* leave ENGINE= out */
	bool drop_data_dir;		/* leave DATA DIRECTORY= out */
	bool drop_tablespace;		/* leave TABLESPACE out */
	/* Leave COLLATE out of columns where it is the table's: MySQL shows it
	 * there when no one wrote it, and would take it for written. */
	bool drop_collation;
	const char *data_dir;		/* put this one in, or NULL */
	/*
	 * The new name of a CHECK constraint whose names are unique in a
	 * schema (MySQL), or NULL to keep every name (MariaDB, where they
	 * are unique in a table).
	 */
	void (*rename_check)(void *arg, const char *name, struct ident *to);
	void *arg;
	/* Foreign keys get the names that stand in for theirs (fkey.h). */
};

/*
 * Adds the statement to *out.  Returns 0, or -1 with *e (ERR_CREATE) when
 * the text is not what a CREATE TABLE looks like.
 */
int ddl_create(struct str *out, const char *show_create,
    const struct ddl_change *how, struct err *e);

/*
 * Is the key of that name one WITHOUT OVERLAPS (MariaDB)?  It has the end and
 * the start of the period for its last two parts.  No information_schema of
 * 10.11 tells.
 */
bool ddl_key_overlaps(const char *show_create, const char *name);

/* Has it an application-time period (MariaDB)? */
bool ddl_has_period(const char *show_create);

/* A key that is neither unique nor of a kind of its own, in the text. */
struct ddl_key {
	struct ident name;
	size_t at, len;			/* of the words that define it */
};

/*
 * All of them, in their order; *n is how many, and the caller frees.  NULL
 * also when the text is not what a CREATE TABLE looks like.
 */
struct ddl_key *ddl_plain_keys(const char *show_create, size_t *n);

/*
 * Add what is between the parentheses, a line for each column, key and
 * constraint, but for those keys that is_out(arg, name) names, and then the
 * rest of the text.
 */
void ddl_without_keys(struct str *q, const char *show_create,
    bool (*is_out)(const void *arg, const char *name), const void *arg);

/*
 * The same with all keys, but for what CREATE TABLE ... LIKE leaves out or
 * makes up: foreign keys, and the names of CHECK constraints.
 */
void ddl_like(struct str *q, const char *show_create);

/*
 * Add the text under another name of the table.  The foreign keys are these
 * texts, in this order, in the place of those that it has; a CHECK is called
 * otherwise where rename_check() says so, and they are in the order of their
 * names (NULL: they stay as they are).  Returns 0, or -1
 * with *e: it is not what a CREATE TABLE looks like.
 */
struct ddl_final {
	const struct ident *to;
	char *const *fkey;
	size_t n_fkeys;
	bool (*rename_check)(void *arg, const char *name, struct ident *to);
	void *arg;
};
int ddl_finally(struct str *out, const char *show_create,
    const struct ddl_final *how, struct err *e);

/* Has it a FULLTEXT key? */
bool ddl_has_fulltext(const char *show_create);

#endif
