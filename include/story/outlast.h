#ifndef OUTLAST_H
#define OUTLAST_H

#include "story/migration.h"

/*
 * Once the triggers are there: wait for statements that began before them, and
 * take out what they may have written past them (steps/in_flight.h).  Returns
 * 0, or -1 with *e.
 */
int outlast_run(struct migration *m, struct err *e);

/*
 * The same after a swap with a revert, whose triggers on the new table such
 * statements do not know, either: the first notes who is at work just then, the
 * second waits for these and brings the old table up to date.  What goes wrong
 * with it is a warning: the comparison before a revert finds it.
 */
void outlast_note(struct migration *m);
void outlast_swap(struct migration *m);

#endif
