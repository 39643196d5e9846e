#ifndef CHECK_H
#define CHECK_H

#include "base/err.h"
#include "cli/config.h"
#include "model/alter.h"
#include "model/table.h"
#include "server/db.h"
#include "server/server.h"

/* What the checks look at. */
struct check_input {
	struct db *db;
	const struct server *server;
	const struct table *old;
	const struct alter *alter;
	const struct config *cfg;
};

/*
 * Run all the checks that need nothing created, and report every reason to
 * refuse, one a line, in one *e.  Returns 0, or -1.
 */
int check_all(const struct check_input *in, struct err *e);

#endif
