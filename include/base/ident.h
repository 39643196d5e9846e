#ifndef IDENT_H
#define IDENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

/*
 * A name of a database, table, column, index or trigger.
 *
 * The server allows 64 characters of at most 3 bytes each: none beyond U+FFFF
 * (MySQL manual, "Schema Object Names").  Quoting doubles backticks; there is
 * room for the case that all bytes are some, so that no text can overflow it.
 */
#define IDENT_CHARS 64
#define IDENT_BYTES (3 * IDENT_CHARS)
#define IDENT_SQL_BYTES (2 * IDENT_BYTES + 2)

struct ident {
	char raw[IDENT_BYTES + 1];	/* for messages and for lookups */
	char sql[IDENT_SQL_BYTES + 1];	/* `quoted`: the only form SQL sees */
};

/* Two names and a dot. */
struct qname {
	struct ident db, table;
	char sql[2 * IDENT_SQL_BYTES + 2];
};

/*
 * Returns 0, or -1 with *e (ERR_USAGE): empty, longer than 64 characters, no
 * UTF-8, or with a character beyond U+FFFF, which MySQL takes for a "?" and so
 * for another table.
 */
int ident_set(struct ident *id, const char *name, struct err *e);

/*
 * A name made from another one: before + base + after.  When that is longer
 * than the server allows, base is cut and a hash of it put in, so that the
 * same base gives the same name, and another base hardly ever does.  base is a
 * name that ident_set() has taken; before and after are ours, and short.
 */
void ident_derive(struct ident *id, const char *before, const char *base,
    const char *after);

/*
 * The same, where names are taken for equal that differ in case or accents
 * only, as MySQL does with those of triggers and named locks, both servers with
 * those of prepared statements: a base that has either gets a hash.  base may
 * be two names and a dot.
 */
void ident_apart(struct ident *id, const char *before, const char *base,
    const char *after);

/*
 * As ident_derive(), but of such characters only as have the same byte in every
 * character set that a client can have (swe7 has letters for some of ASCII):
 * others are left out of base, and a hash of it put in.
 */
void ident_plain(struct ident *id, const char *before, const char *base,
    const char *after);

/* What is put in for what is left out, or for what looks alike. */
uint32_t ident_hash(const char *name);

/* Is it of such characters only? */
bool ident_is_plain(const char *name);

/* As ident_set(), for both names. */
int qname_set(struct qname *q, const char *db, const char *table,
    struct err *e);

/* The same database, another table. */
void qname_beside(struct qname *q, const struct qname *of,
    const struct ident *table);

#endif
