#ifndef REPEATABLE_H
#define REPEATABLE_H

#include <stdbool.h>

#include "base/str.h"
#include "model/alter.h"
#include "model/structure.h"
#include "model/table.h"
#include "server/server.h"

/*
 * Add the text of an ALTER that asks for the same as this one, and can be
 * repeated: where a clause has what it wants, ADD COLUMN a INT becomes MODIFY
 * COLUMN a INT, ADD KEY k becomes DROP KEY k, ADD KEY k, and DROP COLUMN a is
 * left out if there is none.  '' if nothing is left.  Whether the table is as
 * that says, the server tells.  False: there is no such text, as something with
 * a name would have to be there, and is not.
 */
bool repeatable_text(struct str *out, const struct alter *a,
    const struct table *t, const struct structure *is, const struct server *s);

#endif
