#ifndef IDENT_H
#define IDENT_H

#include "base/err.h"

/*
 * A name of a database, table, column, index or trigger.
 *
 * The server allows 64 characters of at most 3 bytes.  Quoting doubles only
 * the backtick, which is 1 byte long, so no character grows beyond 3 bytes
 * and the quoted form always fits.
 */
#define IDENT_CHARS 64
#define IDENT_BYTES (3 * IDENT_CHARS)

struct ident {
	char raw[IDENT_BYTES + 1];	/* for messages and for lookups */
	char sql[IDENT_BYTES + 3];	/* `quoted`: the only form SQL sees */
};

/* Two names and a dot. */
struct qname {
	struct ident db, table;
	char sql[2 * IDENT_BYTES + 6];
};

/* Returns 0, or -1 with *e (ERR_USAGE): empty, or longer than 64 characters. */
int ident_set(struct ident *id, const char *name, struct err *e);

/*
 * A name made from another one: before + base + after.  When that is longer
 * than the server allows, base is cut and a hash of it put in, so that the
 * same base gives the same name, and another base hardly ever does.
 */
void ident_derive(struct ident *id, const char *before, const char *base,
    const char *after);

/* As ident_set(), for both names. */
int qname_set(struct qname *q, const char *db, const char *table,
    struct err *e);

/* The same database, another table. */
void qname_beside(struct qname *q, const struct qname *of,
    const struct ident *table);

#endif
