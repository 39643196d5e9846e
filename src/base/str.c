#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

char str_nothing[1];

static void
grow(struct str *b, size_t more)
{
	size_t cap = b->cap ? b->cap : 128;

	if (b->cap - b->len > more)
		return;
	while (cap - b->len <= more)
		cap *= 2;
	b->s = realloc(b->cap ? b->s : NULL, cap);
	if (b->s == NULL)
		abort();
	b->cap = cap;
}

void
str_add(struct str *b, const char *text, size_t len)
{
	grow(b, len);
	memcpy(b->s + b->len, text, len);
	b->len += len;
	b->s[b->len] = '\0';
}

void
str_addz(struct str *b, const char *text)
{
	str_add(b, text, strlen(text));
}

void
str_vaddf(struct str *b, const char *fmt, va_list ap)
{
	va_list again;
	int n;

	va_copy(again, ap);
	n = vsnprintf(b->s + b->len, 0, fmt, ap);
	if (n < 0)
		abort();
	grow(b, (size_t)n);
	vsnprintf(b->s + b->len, (size_t)n + 1, fmt, again);
	va_end(again);
	b->len += (size_t)n;
}

void
str_addf(struct str *b, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	str_vaddf(b, fmt, ap);
	va_end(ap);
}

void
str_reset(struct str *b)
{
	/* An empty one may be str_nothing, which all threads share. */
	if (b->len > 0)
		b->s[0] = '\0';
	b->len = 0;
}

char *
str_take(struct str *b)
{
	struct str empty = STR_INIT;
	char *s;

	str_add(b, "", 0);
	s = b->s;
	*b = empty;
	return s;
}

void
str_free(struct str *b)
{
	struct str empty = STR_INIT;

	if (b->cap)
		free(b->s);
	*b = empty;
}
