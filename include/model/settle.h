#ifndef SETTLE_H
#define SETTLE_H

#include "base/str.h"
#include "model/settle_list.h"

/*
 * What a cut-over that died has left to be done, made of what the server has.
 *
 * While the tables change places, foreign keys and triggers have stand-ins'
 * names, because theirs are taken, and children reference the one table or the
 * other.  Each of these is in the catalogue at any time, with its columns,
 * rules and text, and its name says what it is.  So nothing else is needed to
 * go on, or back:
 *
 * - not swapped: what references the new table, or waits under another name,
 *   goes back to the table; triggers that the table lacks are made of those on
 *   the new one, which then go;
 * - swapped: the old table loses its keys and triggers, its children reference
 *   the new one, and what has a stand-in's name gets its own.
 *
 * A name that was too long for its stand-in cannot be read from it.  For these,
 * and for keys that the ALTER adds, the registry has pairs of names, which
 * are used for nothing but to name what was found.
 */

/*
 * Of the triggers, table_sql must be the user's table, and new_sql the name
 * that a stand-in stands for, in their character sets.  Adds to *lost, with
 * commas, what the registry names and the server has not.
 * settle_list_free() is due.
 */
void settle_render(struct settle_list *l, const struct settle_view *v,
    struct str *lost);

#endif
