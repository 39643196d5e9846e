#ifndef STATEMENT_H
#define STATEMENT_H

#include "base/err.h"
#include "base/ident.h"
#include "base/str.h"
#include "server/server.h"

/*
 * A CREATE TABLE that a user has written, to be run for a table of another
 * name beside the one that has the constraints already: their names are unique
 * in a database.
 */
struct statement_name {
	struct ident from, to;
};

struct statement {
	struct str sql;			/* under the other name */
	struct statement_name *name;	/* of constraints */
	size_t n_names;
	struct qname *parent;		/* of foreign keys to other tables */
	size_t n_parents;
};

#define STATEMENT_INIT { .sql = STR_INIT }

/*
 * `file` is what the text is called in messages.  A foreign key to the table
 * itself goes to the other name.  Returns 0, or -1 with *e (ERR_USAGE):
 * it is not one CREATE TABLE with columns.  statement_free() either way.
 */
int statement_read(struct statement *st, const char *text, const char *file,
    const struct qname *to, const struct server *s, struct err *e);
void statement_free(struct statement *st);

/*
 * Add SHOW CREATE TABLE of that other table as if it were called `name`: with
 * the names that the user has given.  Those that the server has made of the
 * table's go with it.
 */
int statement_back(struct str *out, const struct statement *st,
    const char *show_create, const struct ident *was,
    const struct ident *name, struct err *e);

#endif
