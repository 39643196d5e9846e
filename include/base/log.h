#ifndef LOG_H
#define LOG_H

#include <stdbool.h>

#include "base/err.h"
#include "base/str.h"

/*
 * The only way to standard error.  Whole lines, from any thread.  A progress
 * line on a terminal is wiped before a message and drawn again by its owner.
 *
 * A message is one line: a newline in it is part of somebody's name or text
 * and is shown as one, like everything else that a terminal would obey (see
 * base/escape.h).  A warning that was said less than ten minutes ago is only
 * counted.
 */

/*
 * quiet: no steps, no progress, no notes; warnings and errors always.
 * print: log_sql() shows statements, on standard output.
 */
void log_open(bool quiet, bool print);

/*
 * From now on a thread writes the lines, and nobody else waits for a terminal
 * or a pipe that takes none: he may be holding locks.  What it cannot get rid
 * of is kept up to a limit, and then left out, but for errors.
 */
void log_start(void);

/*
 * Wait until all is written: before somebody else writes to standard output,
 * and at the end.  For so many seconds at most; 0: however long it takes.
 */
void log_flush(double seconds);

void log_step(const char *title);
void log_info(const char *fmt, ...) PRINTF(1, 2);
void log_warn(const char *fmt, ...) PRINTF(1, 2);
void log_error(const char *fmt, ...) PRINTF(1, 2);
void log_hint(const char *fmt, ...) PRINTF(1, 2);

/* What went wrong, and what to do about it. */
void log_failure(const struct err *e);

/* What has several lines, separated by until, is several messages. */
void log_lines(void (*put_line)(const char *fmt, ...) PRINTF(1, 2),
    const char *text, const char *until);

/* A statement, as it is sent; from any thread. */
void log_sql(const char *sql);

/* True when standard error is a terminal and not quiet. */
bool log_live(void);

/*
 * One line of progress.  On a terminal it replaces the one before;
 * elsewhere it is a line like the others.
 */
void log_progress(const char *line);

/*
 * For log_status(): how far the step has come, and what is waited for at the
 * moment (NULL: nothing).  Both are forgotten with the next step.
 */
void log_doing(const char *line);
void log_waiting(const char *what);

/* Add what log_waiting() was told last. */
void log_waits(struct str *out);

/* One line: the step, how long it has taken, and these two.  Not quiet. */
void log_status(void);

#endif
