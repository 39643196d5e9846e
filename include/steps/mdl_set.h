#ifndef MDL_SET_H
#define MDL_SET_H

#include <stddef.h>

#include "base/ident.h"
#include "throttle/gate.h"

/*
 * The tables whose locks a statement takes, all of them different, in any
 * schemas.  The first is the one that messages name.  MDL_ONE is the set of
 * one, for the call it is written in.
 */
struct mdl_set {
	const struct qname *const *table;
	size_t n;
	size_t reads;		/* so many, the last ones, are only read */
	/* May the swap begin?  Asked before each try, which takes up to nine
	 * seconds; or NULL: it may. */
	struct gate *gate;
};

#define MDL_ONE(name) (&(const struct mdl_set){ \
	(const struct qname *const[]){ (name) }, 1, 0, NULL })

#endif
