#ifndef ASK_H
#define ASK_H

#include "base/err.h"
#include "server/db.h"

/* What is done every few seconds while an answer is waited for. */
struct ask_beat {
	/* Keep alive what is held on the server; -1 ends the question. */
	int (*meanwhile)(void *arg, struct err *e);
	void *arg;
};

/*
 * A question that may take long, as db_rows(), but a signal ends it on the
 * server as well (ERR_STOPPED, "stopped while " + doing).
 */
struct ask {
	const char *sql, *shape;
	const char *doing;
	const struct ask_beat *beat;
};

int ask_rows(struct db *db, const struct ask *a, struct rows *answer,
    struct err *e);

#endif
