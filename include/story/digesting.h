#ifndef DIGESTING_H
#define DIGESTING_H

#include "base/err.h"
#include "story/migration.h"

/*
 * Once there is a plan, or it is known that the server is to do it at once:
 * what was planned, in 64 hexadecimal digits, for m->digest.  A dry run tells
 * them.  -1 with *e: ERR_REFUSED if --expect-digest has others.
 *
 * It is SHA-256 of lines: what the server is, the names of the tables, the
 * structure of the old and of the new one, foreign keys that reference it, the
 * ALTER, the options of cli/matters.h, and the statements of the plan.
 */
int digesting_look(struct migration *m, struct err *e);

#endif
