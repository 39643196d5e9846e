#ifndef CONFIGURE_H
#define CONFIGURE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/str.h"
#include "cli/config.h"

/*
 * Read the defaults, the files, and the command line, in that order, each
 * overriding the one before; then check what must hold between options.
 * All mistakes are collected and reported in one *e (a line each: ERR_LINE),
 * each with where it came from.  Mentions of accepted options that need nothing
 * done are added to *notes, likewise.
 *
 * Of several jobs, *c is the first, and has the others in next; what is wrong
 * with any of them is an error, and what they share is read or asked once.
 *
 * Returns 0; or 1 when --help, --version, --print-config or the command explain
 * is given, which configure_answer() answers; or -1 with *e set.
 * configure_free() is due in each case.
 */
int configure_load(struct config *c, int argc, char **argv, struct str *notes,
    struct err *e);

/*
 * Did the command line give the option that sets this field?  at is its
 * offsetof() in struct config.
 */
bool configure_given(const struct config *c, size_t at);

/* Do both log in to the same server, as the same user? */
bool configure_same_login(const struct config *a, const struct config *b);

/* The default values, and nothing that the user gives; configure_free() is
 * due. */
void configure_defaults(struct config *c);

/* --print-config: every option with its value, as YAML, without passwords. */
void configure_print(const struct config *c, struct str *to);

/* What --help, --version, --print-config or the command explain asks for. */
void configure_answer(const struct config *c, struct str *to);

/* Overwrites the password before it frees it. */
void configure_free(struct config *c);

#endif
