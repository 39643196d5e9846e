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
 *
 * A verb may have options after it: "cleanup --dry-run".
 */

/*
 * Add "livealter VERB", the DSN of cfg's database and this table (NULL: all of
 * the database), and the options that this run was given to log in, and its
 * --config and --job; but never a password: --ask-pass takes its place.
 */
void command_add(struct str *out, const struct config *cfg, const char *verb,
    const char *table);

/* The same without the login, for a text that others read elsewhere. */
void command_bare(struct str *out, const struct config *cfg, const char *verb,
    const char *table);

/* Ends the lists below: a NULL of the type that is asked for. */
#define COMMAND_END ((const char *)NULL)

/*
 * The hint of an error: what a command is for, its verb, the next purpose, ...,
 * COMMAND_END.  "to resume it", "resume" becomes a line of its own, "to resume
 * it: livealter resume D=app,t=orders".  Returns -1.
 */
int command_hint(struct err *e, const struct config *cfg, ...);

/* A hint at the status of all of the database.  Returns -1. */
int command_hint_status(struct err *e, const struct config *cfg,
    const char *purpose);

/* The lines of command_hint() for log_hint() or log_info(). */
void command_log(void (*say)(const char *fmt, ...) PRINTF(1, 2),
    const struct config *cfg, ...);

#endif
