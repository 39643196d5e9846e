#ifndef BOUND_H
#define BOUND_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"
#include "model/table.h"

/* A place in the order of a key: a literal for each part. */
struct bound {
	char **literal;		/* NULL: no bound */
	size_t n;
};

#define BOUND_INIT { NULL, 0 }

/*
 * How a key part is read so that bound_set() can make a literal of it that
 * compares, byte for byte, with the same value: text and binary as
 * hexadecimal digits, BIT, ENUM and SET as numbers.
 */
void bound_read(struct str *q, const struct column *c);

/* The literals for a row of what bound_read() asked for, one a key part. */
void bound_set(struct bound *b, const struct table *t, const struct key *k,
    char *const *cell);

void bound_copy(struct bound *to, const struct bound *from);
bool bound_equal(const struct bound *a, const struct bound *b);
void bound_free(struct bound *b);

/* For people: "5, _latin1 x'61'". */
void bound_print(struct str *out, const struct bound *b);

#endif
