#ifndef REASONS_H
#define REASONS_H

#include <stdbool.h>

#include "base/str.h"

/*
 * Why a run waits, reason by reason, in one text.
 * An empty text has no reasons.  Reasons are texts of others: of files, of
 * servers, of a registry that others can write to.
 */
struct reason {
	char *source;		/* "the file x" */
	char *since;		/* UTC, as the registry has times */
	char *text;		/* "the file x to be gone" */
};

/* since: seconds since 1970. */
void reasons_add(struct str *list, const char *source, double since,
    const char *text);

/* The next one, for reasons_free(); *list then begins behind it.  False at the
 * end, or where the text is no list. */
bool reasons_next(const char **list, struct reason *r);
void reasons_free(struct reason *r);

/* Are they of the same sources, in the same order? */
bool reasons_same(const char *a, const char *b);

#endif
