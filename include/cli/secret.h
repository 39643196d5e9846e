#ifndef SECRET_H
#define SECRET_H

#include <stddef.h>

#include "base/err.h"

/* Passwords: where they come from, and getting rid of them. */

/*
 * Ask on the terminal, without echo.  The caller passes the answer to
 * secret_free().  Returns 0, or -1 when there is no terminal or no answer.
 */
int secret_ask(const char *prompt, char **password, struct err *e);

/* The first line of a file; otherwise as secret_ask(). */
int secret_read(const char *file, char **password, struct err *e);

/*
 * At the very beginning: a program that has a password leaves no core file,
 * and no other program of the user may look into it (Linux).
 */
void secret_keep(void);

/* Overwrite with NULs, also when nobody reads it afterwards. */
void secret_wipe(char *text, size_t len);

/* Overwrite, then free.  NULL is fine. */
void secret_free(char *password);

/* Overwrite with x, keeping the length: for argv. */
void secret_hide(char *text);

#endif
