#ifndef PASSWORD_H
#define PASSWORD_H

#include "base/err.h"

/* Passwords: where they come from, and keeping them. */

/*
 * Ask on the terminal, without echo.  The caller passes the answer to
 * secret_free().  Returns 0, or -1 when there is no terminal or no answer.
 */
int password_ask(const char *prompt, char **password, struct err *e);

/* The first line of a file; otherwise as password_ask(). */
int password_read(const char *file, char **password, struct err *e);

/*
 * At the very beginning: a program that has a password leaves no core file,
 * and no other program of the user may look into it (Linux).
 */
void password_keep(void);

#endif
