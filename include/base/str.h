#ifndef STR_H
#define STR_H

#include <stdarg.h>
#include <stddef.h>

#include "base/err.h"

/*
 * A growing string.  s is never NULL and always NUL-terminated, so it can be
 * handed to printf(3) at any time; len does not count the NUL.
 */
struct str {
	char *s;
	size_t len, cap;
};

extern char str_nothing[];
#define STR_INIT { str_nothing, 0, 0 }

void str_add(struct str *b, const char *text, size_t len);
void str_addz(struct str *b, const char *text);
void str_addf(struct str *b, const char *fmt, ...) PRINTF(2, 3);
void str_vaddf(struct str *b, const char *fmt, va_list ap) PRINTF(2, 0);

/* Start over, keeping the memory. */
void str_reset(struct str *b);

/* Give the text to the caller, who frees it; b is empty again. */
char *str_take(struct str *b);

/* Free the text; b is empty again and may be reused. */
void str_free(struct str *b);

#endif
