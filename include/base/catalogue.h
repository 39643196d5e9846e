#ifndef CATALOGUE_H
#define CATALOGUE_H

#include <stdbool.h>

#include "base/err.h"

/*
 * What each exit status means, for programs and for people.  An end without a
 * failure is one of them, too.
 */
struct catalogue_entry {
	enum err_kind kind;
	const char *name;	/* a word for programs, which stays */
	const char *meaning;	/* a sentence */
	const char *advice;	/* what to do; a sentence, or NULL */
	/* The same command may succeed later, with nothing changed by hand. */
	bool retryable;
};

/* Never NULL: a kind that is not in it is an error of the server. */
const struct catalogue_entry *catalogue_find(enum err_kind kind);

/*
 * Of two ends of jobs in one run that which says more of what is to be done:
 * rows may be missing, then something is left, then any other failure.  Of two
 * that say as much it is a.
 */
enum err_kind catalogue_worse(enum err_kind a, enum err_kind b);

/* By name or number; NULL if there is none. */
const struct catalogue_entry *catalogue_lookup(const char *text);

/* All of them in their order; NULL behind the last. */
const struct catalogue_entry *catalogue_at(unsigned int i);

#endif
