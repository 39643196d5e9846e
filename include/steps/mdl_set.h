#ifndef MDL_SET_H
#define MDL_SET_H

#include <stddef.h>

#include "base/err.h"
#include "base/ident.h"

/*
 * Asked before each try: 1 go on, 0 not now, -1 with *e.  A try takes up to
 * nine seconds.
 */
struct mdl_gate {
	int (*open)(void *arg, struct err *e);
	void *arg;
};

/*
 * The tables whose locks a statement takes, all of them different, in any
 * schemas.  The first is the one that messages name.  MDL_ONE is the set of
 * one, for the call it is written in.
 */
struct mdl_set {
	const struct qname *const *table;
	size_t n;
	size_t reads;		/* so many, the last ones, are only read */
	const struct mdl_gate *gate;	/* or NULL: always open */
};

#define MDL_ONE(name) (&(const struct mdl_set){ \
	(const struct qname *const[]){ (name) }, 1, 0, NULL })

#endif
