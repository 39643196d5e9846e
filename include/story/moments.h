#ifndef MOMENTS_H
#define MOMENTS_H

#include "base/err.h"
#include "story/migration.h"

/*
 * Moments of a story at which hooks may end it (base/event.h): validated,
 * before-row-copy, before-cut-over.  The registry sees meanwhile that the run
 * is alive, once it is in there.  Returns 0, or -1 with *e.
 */
int moments_tell(struct migration *m, const char *name, struct err *e);

#endif
