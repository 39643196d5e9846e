#ifndef AIM_COLUMNS_H
#define AIM_COLUMNS_H

#include <stdbool.h>

#include "base/str.h"
#include "model/moves.h"
#include "model/statement.h"
#include "model/structure.h"
#include "server/server.h"

/* A table as a user wants it, by its CREATE TABLE, and one that is to become
 * it.  The ALTER that does that is made by model/aim.h, of these parts. */
struct aim {
	const struct structure *old, *new;
	const struct moves *moves;
	const struct statement *wanted;	/* as it was written */
	const struct server *server;
};

/* Add a clause for each column that goes, comes, changes or moves; exact: also
 * for one that is only shown otherwise. */
void aim_columns_add(struct str *out, const struct aim *a, bool exact);

/*
 * Add a part of the new table as an ALTER TABLE has it.  MySQL shows COLLATE in
 * columns where nobody wrote it, and would take it for written.
 */
void aim_columns_text(struct str *out, const struct aim *a,
    const struct structure_item *it);

/* Add the comma before the next clause. */
void aim_columns_comma(struct str *out);

/*
 * Add the definition of a part of the old table as it is after columns were
 * renamed; does it name one?
 */
bool aim_columns_follow(struct str *out, const struct aim *a,
    const struct structure_item *it);

#endif
