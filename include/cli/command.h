#ifndef COMMAND_H
#define COMMAND_H

#include "base/err.h"
#include "base/str.h"
#include "cli/config.h"

/*
 * Commands that are suggested to the user, who pastes them into a shell.
 * Whatever the names are, a POSIX shell hands livealter exactly these, and
 * does nothing else; what is to be escaped in a DSN is.  Plain names look
 * plain: livealter resume D=app,t=orders.  The text has nothing that would not
 * be shown (see utf8_unsafe()), so that escape_line() leaves it as it is.
 */

/* Add "livealter VERB" and the DSN; table may be NULL. */
void command_add(struct str *out, const char *verb, const char *database,
    const char *table);

/* Ends the list below: a NULL of the type that is asked for. */
#define COMMAND_END ((const char *)NULL)

/*
 * The hint of an error: a verb, what that does to the table of the DSN, the
 * next verb, ..., COMMAND_END.  "resume", "goes on with it" becomes "livealter
 * resume D=app,t=orders goes on with it".  Returns -1.
 */
int command_hint(struct err *e, const struct config *cfg, ...);

/* The same for log_hint() or log_info(). */
void command_log(void (*say)(const char *fmt, ...) PRINTF(1, 2),
    const struct config *cfg, ...);

#endif
