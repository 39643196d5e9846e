#ifndef FILTER_H
#define FILTER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/str.h"
#include "model/table.h"
#include "server/server.h"

/*
 * The condition of --where.  It is one expression over columns of the old
 * table that has the same value whenever it is asked for the same row: in each
 * chunk of the copy, in the comparison, and after a resume.  So functions are
 * those of a list, the clock stands still, and there are no subqueries.
 *
 * The text is taken apart and put together again: comments are left out, names
 * of columns are quoted and get the alias of a statement, and NOW() and the
 * like become literals.  What would get out of the parentheses around it is
 * refused.
 */

/* What NOW() is in it: by the server's clock, in UTC, and as a number. */
struct filter_moment {
	char here[32];			/* "2026-11-30 17:00:00.123456" */
	char utc[32];
	char unix_time[32];		/* "1796058000" */
};

enum filter_kind {
	FILTER_TEXT,
	FILTER_UTC,			/* only where the session's clock is
					   UTC, and not the server's own */
	FILTER_COLUMN,			/* a TIMESTAMP by the server's clock */
	FILTER_BARE_COLUMN,		/* as the session has it */
};

struct filter_part {
	enum filter_kind kind;
	char *text;			/* or NULL */
	const struct column *column;	/* of the table; or NULL */
};

struct filter {
	struct filter_part *part;
	size_t n;			/* 0: every row matches */
	bool moves;			/* it has NOW(), or the like */
	/* It has times of day, and dates: where the two meet, the servers put
	 * in the current date. */
	bool timed, dated;
};

#define FILTER_INIT { NULL, 0, false, false, false }

void filter_free(struct filter *f);

struct plan;

/*
 * Add it in parentheses, for the row of that alias; NULL: the only table there
 * is.
 */
void filter_add(struct str *q, const struct filter *f, const struct plan *p,
    const char *row);

/* The same, but for a plan that has none it adds nothing. */
void filter_and(struct str *q, const struct plan *p, const char *row);

/* Does it name this column? */
bool filter_names(const struct filter *f, const struct column *c);

#endif
