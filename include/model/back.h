#ifndef BACK_H
#define BACK_H

#include "base/err.h"
#include "base/summary.h"
#include "model/alter.h"
#include "model/table.h"

/*
 * The ALTER that takes another one back: made of both definitions, so that it
 * gives the table all that it had but for rows and values.  Pure.
 */
struct back {
	const struct table *old, *new;
	const char *create_after;	/* SHOW CREATE TABLE, as it will be */
	const struct alter *alter;
	bool mariadb;
};

/*
 * Add its clauses, none if the definition stays as it is: their kinds are
 * "column", "key", "constraint", "option" and "partitions", the last of which
 * has no comma before it.  And add to *lost what no ALTER takes back:
 * "dropped", "converted" (columns), "option".  Returns 0, or -1 with *e: a
 * definition is not understood.
 */
int back_find(struct summary_list *clauses, struct summary_list *lost,
    const struct back *b, struct err *e);

#endif
