#ifndef ENCODE_H
#define ENCODE_H

#include "base/err.h"
#include "base/multibyte.h"
#include "base/str.h"
#include "server/db.h"

/*
 * Names and texts for statements that the server reads in another character
 * set than ours.
 */

/* Adds it in quotes; one that is inside is doubled, part of a character not. */
void encode_quoted(struct str *out, enum multibyte m, const char *s,
    char quote);

/* Adds it as a text in a session like ours: UTF-8, with escapes. */
void encode_text(struct str *out, const char *s);

/*
 * A name, in UTF-8, in that character set and in back-quotes, to be freed.
 * The server converts it.  Returns 0; 1 when not all characters are in the
 * set; or -1 with *e.
 */
int encode_name(char **out, struct db *db, const char *charset,
    const char *name, struct err *e);

#endif
