#ifndef UTIL_H
#define UTIL_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Memory that is there or the program is not: a failed allocation aborts.
 * What is left on the server then is found by its names.  free(3) frees.
 */
void *xcalloc(size_t n, size_t size);
void *xrealloc(void *p, size_t n, size_t size);
char *xstrdup(const char *s);
char *xstrndup(const char *s, size_t len);

/* As xstrdup(), but NULL stays NULL. */
char *xstrdup_null(const char *s);

/* Seconds on a clock that never goes back; only differences mean anything. */
double now_s(void);

/* Equal but for the case of ASCII letters; NULL equals only NULL. */
bool same_text(const char *a, const char *b);

#endif
