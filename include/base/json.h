#ifndef JSON_H
#define JSON_H

#include <stdbool.h>

#include "base/str.h"

/*
 * Add a text as a JSON string, in quotes.  What a terminal would obey is
 * escaped (see utf8_unsafe()); a byte that is not UTF-8 becomes U+FFFD.
 */
void json_text(struct str *out, const char *text);

/* Add "name": "text", for an object; NULL becomes null. */
void json_member(struct str *out, const char *name, const char *text);

/* Add a text whose lines are divided by ERR_LINE. */
void json_lines(struct str *out, const char *text);

/*
 * Add another member of an object that has one: such a text, or null; a number;
 * seconds, not below 0; true or false.
 */
void json_field(struct str *out, const char *name, const char *text);
void json_count(struct str *out, const char *name, unsigned long long n);
void json_seconds(struct str *out, const char *name, double seconds);
void json_bool(struct str *out, const char *name, bool yes);

#endif
