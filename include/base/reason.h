#ifndef REASON_H
#define REASON_H

#include <stddef.h>

#include "base/err.h"
#include "base/str.h"

/*
 * Something to wait for.  Whoever waits has a list of them, and goes on when
 * none is left.
 *
 * Returns 1 when there is nothing to wait for now; 0 when there is, and adds
 * to *what what it is ("the file x to be gone") and sets *in to the seconds it
 * will take, if that is known; -1 with *e when it ends the run.  It is asked
 * twice a second, by one thread at a time.
 */
typedef int reason_fn(const void *arg, struct str *what, double *in,
    struct err *e);

struct reason {
	reason_fn *look;
	const void *arg;
};

/* All of them as one: what they wait for together, and the longest time. */
int reason_look(const struct reason *list, size_t n, struct str *what,
    double *in, struct err *e);

/* A file that is there; arg is its name, or NULL. */
reason_fn reason_file;

#endif
