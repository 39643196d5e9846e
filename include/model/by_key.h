#ifndef BY_KEY_H
#define BY_KEY_H

#include <stdbool.h>

#include "base/err.h"
#include "base/str.h"
#include "model/bound.h"
#include "model/plan.h"

/*
 * Tables whose engine undoes nothing: MyISAM, Aria, MEMORY.
 *
 * A statement that fails in its midst, KILL QUERY or ROLLBACK leaves rows in
 * such a table, while InnoDB would undo what triggers have written to the new
 * one.  So the triggers do not write to it.  They note the keys of the rows in
 * the table of notes, which is of the same kind and undone no more than the
 * rows are, and the copy brings those rows over, deleted and inserted again.
 * Nothing else writes to the new table, and the application's statements write
 * to no table of InnoDB that they would not write to anyway, and wait for none
 * of its locks.
 *
 * A note comes before the row is changed or deleted.  An inserted row's key is
 * known only afterwards, when a KILL may have come between; so rows are counted
 * under the locks of the cut-over, which such a server knows without reading
 * them.
 *
 * Under somebody's LOCK TABLES, MariaDB takes a table to which two triggers
 * write for one that is in use (error 1442), so that nothing can be noted.  It
 * counts these statements, and after one the tables are compared again.
 *
 * A note has a state, and is noted anew by each write.
 *
 * Pure.
 */

/* What a note's state is. */
enum by_key_state {
	NOTE_NEW,		/* nobody has seen it yet */
	NOTE_TAKEN,		/* its row is being brought over */
	NOTE_ALONE,		/* it is to be, by itself: others failed */
	NOTE_WAITS,		/* it could not be; another row is in its way */
};

/*
 * Is the old table one?  Then set p->by_key.  Returns 0, or -1 with *e, when
 * something cannot be had of it: ERR_REFUSED.  Once the identity is chosen.
 */
int by_key_choose(struct plan *p, struct err *e);

/* For journal.h. */
void by_key_alter(struct str *q, const struct plan *p);
void by_key_body(struct str *q, const struct plan *p, enum trigger_event ev);
void by_key_settled(struct str *q, const struct plan *p, bool old);

/* Turn at most so many notes (0: all) of a state into another. */
void by_key_turn(struct str *q, const struct plan *p, enum by_key_state from,
    enum by_key_state to, unsigned int limit);

/*
 * With those that are taken: delete the rows from the new table, insert those
 * that the old one has; and forget the notes.
 */
void by_key_clear(struct str *q, const struct plan *p);
void by_key_write(struct str *q, const struct plan *p);
void by_key_forget(struct str *q, const struct plan *p);

/* Note all rows of a chunk, as if they were written to. */
void by_key_again(struct str *q, const struct plan *p,
    const struct bound *after, const struct bound *upto);

/* SELECT the walking key of the row of the old table whose note is taken. */
void by_key_where(struct str *q, const struct plan *p);

/* ... and that of the row before this one. */
void by_key_before(struct str *q, const struct plan *p,
    const struct bound *at);

#endif
