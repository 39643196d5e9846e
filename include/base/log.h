#ifndef LOG_H
#define LOG_H

#include "base/err.h"

/*
 * Events that have only words (see base/event.h): notes, which --quiet leaves
 * out, warnings, advice that is not about an error, and answers of one line.
 *
 * A message is one line, whatever is in the texts, or several, if it has
 * ERR_LINE between them.  A warning that was said less than ten minutes ago is
 * only counted.
 */
void log_info(const char *fmt, ...) PRINTF(1, 2);
void log_warn(const char *fmt, ...) PRINTF(1, 2);
void log_hint(const char *fmt, ...) PRINTF(1, 2);
void log_answer(const char *fmt, ...) PRINTF(1, 2);

#endif
