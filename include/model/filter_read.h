#ifndef FILTER_READ_H
#define FILTER_READ_H

#include "base/err.h"
#include "model/filter.h"
#include "model/table.h"
#include "server/server.h"

/*
 * Read it, as a client of that server would mean it.  Keeps pointers to the
 * table's columns.  Returns 0, or -1 with *e (ERR_REFUSED): what it is that
 * cannot be.  filter_free() either way.
 */
int filter_read(struct filter *f, const char *text, const struct table *t,
    const struct server *s, const struct filter_moment *at, struct err *e);

#endif
