#ifndef LOG_H
#define LOG_H

#include <stdbool.h>

#include "base/err.h"

/*
 * The only way to standard error.  Whole lines, from any thread.  A progress
 * line on a terminal is wiped before a message and drawn again by its owner.
 */

/*
 * quiet: no steps, no progress, no notes; warnings and errors always.
 * print: log_sql() shows statements, on standard output.
 */
void log_open(bool quiet, bool print);

void log_step(const char *title);
void log_info(const char *fmt, ...) PRINTF(1, 2);
void log_warn(const char *fmt, ...) PRINTF(1, 2);
void log_error(const char *fmt, ...) PRINTF(1, 2);
void log_hint(const char *fmt, ...) PRINTF(1, 2);

/* A statement, as it is sent; from any thread. */
void log_sql(const char *sql);

/* True when standard error is a terminal and not quiet. */
bool log_live(void);

/*
 * One line of progress.  On a terminal it replaces the one before;
 * elsewhere it is a line like the others.
 */
void log_progress(const char *line);

#endif
