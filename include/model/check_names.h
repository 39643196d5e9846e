#ifndef CHECK_NAMES_H
#define CHECK_NAMES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/ident.h"
#include "model/names.h"
#include "server/db.h"

/*
 * What the CHECKs of a table are called on its new table.  On MySQL their names
 * are unique in a database (manual, "CHECK Constraints"), so while both tables
 * are there one of them must be called something else.  On MariaDB they are
 * unique in a table, and stay.
 */
struct check_names {
	struct check_name {
		struct ident from, to;
	} *name;
	size_t n;
};

#define CHECK_NAMES_INIT { NULL, 0 }

/*
 * Choose them for n->old, free in the database; those of n->shadow do not
 * count, so that the answer is the same when it is there already.  To be freed
 * by check_names_free().  Returns 0, or -1 with *e.
 */
int check_names_choose(struct check_names *c, struct db *db,
    const struct names *n, struct err *e);

/* Is there one of exactly that name?  Then *to is what it becomes. */
bool check_names_get(const struct check_names *c, const char *from,
    struct ident *to);

/*
 * The same, of a name as a user writes it, which the server compares: 1, 0, or
 * -1 with *e.
 */
int check_names_find(const struct check_names *c, struct db *db,
    const struct names *n, const char *from, struct ident *to, struct err *e);

/* Did the server make it of the table's name?  Then a RENAME of the table
 * makes it anew. */
bool check_names_follow(const char *name, const char *table);

void check_names_free(struct check_names *c);

#endif
