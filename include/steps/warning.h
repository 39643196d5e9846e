#ifndef WARNING_H
#define WARNING_H

#include <stdbool.h>

#include "base/err.h"
#include "base/str.h"
#include "cli/config.h"
#include "model/plan.h"
#include "server/db.h"
#include "steps/walk.h"

/*
 * Read what the server had to say about a chunk that was copied, in the
 * transaction that copied it.  Returns 0 when no value was changed, or only
 * as --allow-warnings has it; -1 with *e: ERR_CHANGED with the row's key, the
 * column and both values; or the server's error.
 *
 * A duplicate is not judged: *duplicate gets what the server says of one, if
 * possible of one that tells why a row is lost.
 */
int warning_judge(const struct plan *p, const struct config *cfg,
    struct db *db, const struct chunk *c, struct str *duplicate,
    struct err *e);

/* What the server had to say of a value, or of a row. */
struct warning {
	const struct pair *column;	/* NULL: it names none */
	unsigned long code;
	unsigned long long row;		/* of the SELECT, from 1; 0: unknown */
	char *text;
};

struct warnings {
	struct warning *w;
	size_t n;
	bool all;			/* false: the server shows only some */
};

/*
 * After an INSERT IGNORE ... SELECT: what warning_judge() would refuse, one for
 * each value or row.  warning_free() is due, also after -1 with *e.
 */
int warning_list(struct warnings *list, const struct plan *p,
    const struct config *cfg, struct db *db, struct err *e);
void warning_free(struct warnings *list);

/* Does --allow-warnings let this column come out different? */
bool warning_allowed(const struct config *cfg, const char *column);

#endif
