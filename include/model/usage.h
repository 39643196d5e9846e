#ifndef USAGE_H
#define USAGE_H

#include <stdbool.h>

#include "base/ident.h"
#include "model/lex.h"

/*
 * Which tables and columns the text of a view, routine, event or trigger
 * names.  It is told from the tokens, not parsed: what is in doubt counts as
 * named.  Strings are not looked into, though a routine may execute them.
 */

struct usage {
	struct lex l;		/* the text */
	const struct ident *schema;	/* of names of tables without one */
	/* The server resolved all names, as it does in a view: each column
	 * has its table's name, or alias, before it.  Elsewhere a column may
	 * stand alone, and then it is any table's. */
	bool resolved;
	bool fold;		/* names of tables and schemas have no case */
};

/* Does it name this table, or view? */
bool usage_table(const struct usage *u, const struct qname *q);

/* Does it name this column, of this table? */
bool usage_column(const struct usage *u, const struct qname *q,
    const struct ident *column);

#endif
