#ifndef MIGRATE_H
#define MIGRATE_H

#include <stdbool.h>

#include "base/err.h"
#include "base/undo.h"
#include "cli/config.h"
#include "model/alter.h"
#include "model/plan.h"
#include "model/table.h"
#include "server/db.h"
#include "server/server.h"
#include "steps/capture.h"
#include "steps/walk.h"

/*
 * One migration, from the command line to the last DROP.  Only the steps in
 * migrate.c know this struct; what they call is given the parts it needs.
 */
struct migration {
	const struct config *cfg;
	struct db *db;			/* the conductor's connection */
	struct server server;
	struct names names;
	struct alter alter;		/* what the text of the ALTER says */
	struct table *old;		/* as found */
	struct table *new;		/* as it came out of the ALTER */
	struct plan plan;		/* every statement we will run */
	struct capture capture;		/* how our triggers are known */
	struct undo undo;		/* what to take away if we fail */
	bool swapped;			/* the point of no return */
	struct walk_result copied, compared;
	double began;
};

/* The steps, in order.  Each returns 0, or -1 with *e set. */
int migrate_connect(struct migration *m, struct err *e);
int migrate_inspect(struct migration *m, struct err *e);
int migrate_check(struct migration *m, struct err *e);
int migrate_create(struct migration *m, struct err *e);
int migrate_alter(struct migration *m, struct err *e);
int migrate_plan(struct migration *m, struct err *e);
int migrate_capture(struct migration *m, struct err *e);
int migrate_copy(struct migration *m, struct err *e);
int migrate_verify(struct migration *m, struct err *e);
int migrate_swap(struct migration *m, struct err *e);
int migrate_release(struct migration *m, struct err *e);
int migrate_drop(struct migration *m, struct err *e);

/* Take away what is left on the server and is not meant to stay. */
int migrate_undo(struct migration *m, struct err *e);

/* The last line of a success, and --statistics. */
void migrate_report(const struct migration *m);

void migrate_free(struct migration *m);

#endif
