#ifndef ALTER_H
#define ALTER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/ident.h"
#include "model/lex.h"
#include "server/server.h"

/*
 * What the text of an ALTER says, as far as the structures before and after
 * cannot say it themselves: which columns it renames, which it drops, and
 * which clauses we refuse because they are not about the table's shape.
 *
 * The scanner knows tokens (strings, comments, quoted names, parentheses),
 * splits the text into clauses at the commas outside parentheses, and looks
 * at the first words of each.  It does not judge the SQL: the server does.
 */

enum alter_what {
	ALTER_RENAME_COLUMN,	/* from, to */
	ALTER_DROP_COLUMN,	/* from */
	ALTER_DROP_FKEY,	/* from: FOREIGN KEY */
	ALTER_DROP_CONSTRAINT,	/* from: CONSTRAINT or CHECK */
	ALTER_CHECK,		/* from: ALTER CHECK or CONSTRAINT */
	ALTER_REFUSED,		/* why */
	ALTER_ADD_FKEY,		/* from: its name, or ''; parent */
	ALTER_ADD_CHECK,	/* from: its name */
};

struct alter_item {
	enum alter_what what;
	struct ident from, to;
	const char *why;	/* a constant text, for ALTER_REFUSED */
	size_t at, len;		/* where the name `from` (as written, with its
				   quotes) stands in the text */
	size_t clause;		/* index of the clause it is in */
	struct ident parent;	/* what ALTER_ADD_FKEY references, without
				   the schema */
};

/* A clause of the text, without the commas around it. */
struct alter_clause {
	size_t at, len;
};

struct alter {
	char *text;			/* without what model/modifier.h leaves
					   out; places in it are those below */
	char *left_out;			/* "" if nothing is */
	struct alter_item *item;
	size_t n;
	struct alter_clause *clause;
	size_t n_clauses;
	bool sets_auto_increment;	/* AUTO_INCREMENT = n is a clause */
	/* What the statement has before the clauses, to say how the server is
	 * to do it (model/native.h); NULL: nothing.  Not freed. */
	const char *how;
};

/* How the server reads the text: parts of its sql_mode. */
struct alter_mode {
	bool ansi_quotes;		/* "a" is a name, not a string */
	bool no_backslash_escapes;	/* '\' is a backslash */
	bool mariadb;			/* IF EXISTS after DROP, CHANGE, ... */
};

/*
 * Returns 0, or -1 with *e (ERR_USAGE) when the text cannot be cut into
 * tokens: an unclosed string, comment, name or parenthesis, or a ";" with
 * something after it.  alter_free() either way.
 */
int alter_parse(struct alter *a, const char *text,
    const struct alter_mode *mode, struct err *e);

void alter_free(struct alter *a);

/* The new name of a column under this ALTER, or NULL when not renamed.
 * Column names are compared as the servers do: without case. */
const char *alter_renamed(const struct alter *a, const char *column);

/* True when the ALTER says that it drops this column. */
bool alter_drops(const struct alter *a, const char *column);

/* True when it says that it drops this foreign key. */
bool alter_drops_fkey(const struct alter *a, const char *name);

/* What a foreign key that it adds is called until the swap, if it must not
 * have its name before. */
void alter_stand_in(struct ident *to, const struct alter_item *added);

/* Cut a text into tokens, as this server would; lex_free() either way. */
bool alter_scan(struct lex *l, const char *text, const struct server *s);

/* The tokens of a clause, in its text: from *i to before *end. */
void alter_clause_tokens(const struct lex *l, const struct alter_clause *c,
    size_t *i, size_t *end);

/* Read an ALTER's text as this server would. */
int alter_read(struct alter *a, const char *text, const struct server *s,
    struct err *e);

#endif
