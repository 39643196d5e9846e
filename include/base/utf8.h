#ifndef UTF8_H
#define UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Characters of UTF-8, as RFC 3629 has it. */

/* Not UTF-8: an overlong form, a surrogate, a byte that is out of place. */
#define UTF8_INVALID UINT32_MAX

/*
 * The character at s, which is not at its NUL: its bytes are returned, 1 to 4,
 * and *code is its number; or 1 and UTF8_INVALID.
 */
size_t utf8_next(const char *s, uint32_t *code);

/* Is the whole text UTF-8? */
bool utf8_valid(const char *s);

/*
 * Would a terminal do something else than show the character?  Controls (C0,
 * DEL and C1), marks that change the direction of what follows, line and
 * paragraph separators, and what is invisible.  Also UTF8_INVALID.
 */
bool utf8_unsafe(uint32_t code);

#endif
