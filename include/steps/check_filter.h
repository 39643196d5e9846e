#ifndef CHECK_FILTER_H
#define CHECK_FILTER_H

#include "base/err.h"
#include "cli/config.h"
#include "model/dependents.h"
#include "model/filter.h"
#include "model/plan.h"
#include "model/table.h"
#include "server/db.h"

/*
 * --where.  All of it is judged before anything is made: by us, and by the
 * server, which is asked to explain a SELECT by it.
 */

/* Can this table be copied by that condition?  ERR_REFUSED. */
int check_filter_table(struct db *db, const struct table *old,
    const struct dependents *dependents, const struct config *cfg,
    struct err *e);

/* And by this plan? */
int check_filter_plan(struct db *db, const struct plan *p, struct err *e);

/*
 * What NOW() is: the moment in which a migration was entered in the registry,
 * of which this is the time in UTC, or (NULL) the present one.
 */
int check_filter_moment(struct filter_moment *at, struct db *db,
    const char *began, struct err *e);

#endif
