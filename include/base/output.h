#ifndef OUTPUT_H
#define OUTPUT_H

#include <stdbool.h>

#include "base/str.h"

/*
 * The only way to standard output and standard error.  Texts come from any
 * thread, and are written whole, in the order in which they come.
 */

/*
 * From now on a thread writes, and no other one waits for a terminal or a pipe
 * that takes nothing: it may be holding locks.
 */
void output_start(void);

/*
 * Write the text, which becomes the output's, to this descriptor.  What cannot
 * be got rid of is kept up to a limit and then left out, unless it must be
 * written.  Returns false if it is left out.
 */
bool output_put(int fd, struct str *text, bool must);

/* Is there nothing that waits to be written? */
bool output_idle(void);

/*
 * Wait until all is written, for so many seconds at most; 0: however long it
 * takes.
 */
void output_flush(double seconds);

#endif
