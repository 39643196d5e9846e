#ifndef ESCAPE_H
#define ESCAPE_H

#include "base/str.h"

/*
 * Names, comments, statements and the server's messages are texts of others:
 * whoever may create a table chooses what is in them.  Before they reach a
 * terminal or a log they go through here, so that they neither move the cursor
 * nor begin a line that looks like one of ours.  \n, \r, \t, \xHH (a byte),
 * \uHHHH and \UHHHHHHHH stand for what would not be shown: see utf8_unsafe().
 * A backslash stays as it is.
 */

/* Add a text as it fits into one line. */
void escape_line(struct str *out, const char *text);

/*
 * Add a statement.  The ends of its lines and its tabs stay, since the body of
 * a trigger has lines; but not those within `a name`.
 */
void escape_sql(struct str *out, const char *sql);

/* Add the bytes as SQL has them, x'6162', whatever its mode and charset. */
void escape_hex(struct str *out, const char *text);

#endif
