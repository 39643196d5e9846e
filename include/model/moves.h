#ifndef MOVES_H
#define MOVES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/ident.h"
#include "model/structure.h"

/*
 * What becomes of the columns of a table that is to be as another one: they go
 * by name, but for what --rename and --drop say.
 */
struct moves_rename {
	struct ident from, to;
};

struct moves {
	struct moves_rename *rename;	/* those that there are to do */
	size_t n_renames;
};

#define MOVES_INIT { NULL, 0 }

/* What the options say (lists; NULL: nothing), and of which file. */
struct moves_said {
	const char *rename, *drop, *file;
};

/*
 * Returns 0, or -1 with *e (ERR_REFUSED), which names every column of which it
 * is not said what becomes of it, and by which option it is.  What was done
 * before is left out.  moves_free() either way.
 */
int moves_find(struct moves *m, const struct moves_said *said,
    const struct structure *old, const struct structure *new, struct err *e);
void moves_free(struct moves *m);

/* The name that a column of the old table has in the new one, if it stays. */
const char *moves_new_name(const struct moves *m, const char *old);

/* Which column of the old table becomes that one; NULL: none. */
const struct structure_item *moves_source(const struct moves *m,
    const struct structure *old, const char *new);

#endif
