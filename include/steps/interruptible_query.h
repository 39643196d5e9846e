#ifndef INTERRUPTIBLE_QUERY_H
#define INTERRUPTIBLE_QUERY_H

#include <stdbool.h>

#include "base/err.h"
#include "server/db.h"

/* What is done every few seconds while an answer is waited for. */
struct query_beat {
	/* Keep alive what is held on the server; -1 ends the question. */
	int (*meanwhile)(void *arg, struct err *e);
	void *arg;
};

/*
 * A question that may take long, as db_rows(), but a signal ends it on the
 * server as well (ERR_STOPPED, "stopped while " + doing).
 */
struct interruptible_query {
	const char *sql, *shape;
	const char *doing;
	const struct query_beat *beat;
	double every;			/* seconds between beats; 0: two */
	bool ddl;			/* no question: it has no rows */
};

int interruptible_query_rows(struct db *db, const struct interruptible_query *a,
    struct rows *answer, struct err *e);

#endif
