#ifndef SPLIT_H
#define SPLIT_H

#include <stdbool.h>

#include "base/str.h"
#include "model/plan.h"

/*
 * MariaDB's UPDATE and DELETE with FOR PORTION OF, which split a row of a table
 * that has an application-time period.
 *
 * The server changes the row, inserts the parts that are split off, and fires
 * their INSERT triggers; the row's own trigger is the last.  Until then the
 * other table has the row as it was, with which a part may share a unique key.
 * Such a part is noted as what cannot be taken, as any other row is, with its
 * key and its connection, and the row's own trigger puts it there.
 *
 * A part may also have the very key that the row had, and be in the place of a
 * row that is not copied yet.  So a row that was taken away comes again where
 * the table still has one of that key.
 *
 * Pure, and nothing is added where no statement may split a row.
 */

/* May a statement split a row? */
bool split_possible(const struct plan *p);

/* Add the ALTER TABLE of the notes, which are made before there is a plan. */
void split_alter(struct str *q, const struct plan *p);

/* Add what a note has more, each with a comma before it. */
void split_columns(struct str *q, const struct plan *p);
void split_values(struct str *q, const struct plan *p, enum trigger_event ev);

/* Add the variables that the UPDATE and DELETE triggers have. */
void split_declare(struct str *q, const struct plan *p);

/* Add what puts a row there that has OLD's key, after that was taken away. */
void split_again(struct str *q, const struct plan *p, enum trigger_event ev,
    const char *indent);

/* Add what puts the parts there that were noted, and forgets the notes. */
void split_parts(struct str *q, const struct plan *p, const char *indent);

#endif
