#ifndef FINGERPRINT_H
#define FINGERPRINT_H

#include <stdbool.h>

#include "base/str.h"

/*
 * What a text was, in a few bytes a line: enough to tell later whether it is
 * still the same, and which of its lines are not.  A SHOW CREATE TABLE of a
 * hundred lines comes to less than a kilobyte.  Pure.
 */

/* Add the fingerprint: a hash of every line, as hexadecimal digits. */
void fingerprint_add(struct str *out, const char *text);

/*
 * Is this text what the fingerprint was taken of?  If not, *why says how it
 * differs: the lines that are new, and how many are gone.
 */
bool fingerprint_same(const char *was, const char *text, struct str *why);

#endif
