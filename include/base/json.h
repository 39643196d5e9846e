#ifndef JSON_H
#define JSON_H

#include "base/str.h"

/*
 * Add a text as a JSON string, in quotes.  What a terminal would obey is
 * escaped (see utf8_unsafe()); a byte that is not UTF-8 becomes U+FFFD.
 */
void json_text(struct str *out, const char *text);

/* Add "name": "text", for an object; NULL becomes null. */
void json_member(struct str *out, const char *name, const char *text);

#endif
