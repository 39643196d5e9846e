#ifndef SCREEN_H
#define SCREEN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

#define SCREEN_LINES 24		/* of a frame, at most */

enum screen_style { SCREEN_PLAIN, SCREEN_STRONG, SCREEN_FAINT,
    SCREEN_ALERT };

/*
 * Standard output, and if it is a terminal, a frame of lines that is drawn in
 * the place of the last one.  No mode of the terminal is changed: the cursor
 * stands below the frame, so that whatever ends the program, there is nothing
 * to be put right.
 */
struct screen {
	bool live;			/* frames can be drawn */
	bool utf8, colour;
	size_t columns, rows;
	struct str frame;		/* the next one */
	size_t lines;			/* of it */
	size_t next[SCREEN_LINES];	/* how wide they are, */
	size_t drawn, width[SCREEN_LINES];	/* and those of the last one */
};

#define SCREEN_INIT { .frame = STR_INIT }

/*
 * Find out what it is: it is live unless it is no terminal, or a dumb one by
 * TERM; utf8 is by the locale, colour by NO_COLOR.
 */
void screen_open(struct screen *s);
void screen_close(struct screen *s);

/* Has it another size than when it was last asked? */
bool screen_resized(struct screen *s);

/*
 * Add a line to the frame, without its end, in which there is nothing that a
 * terminal would obey (see base/print.h); what is too wide is cut off, and what
 * it cannot show is a "?".  Lines that have no room are left out.
 */
void screen_line(struct screen *s, enum screen_style style, const char *text);

/* Draw it, unless the last one is still not written. */
void screen_draw(struct screen *s);

/* Write whole lines, below the last frame, which stays. */
void screen_put(struct screen *s, struct str *text);

/* Is there nobody any more who could read it? */
bool screen_is_gone(void);

#endif
