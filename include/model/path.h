#ifndef PATH_H
#define PATH_H

#include "base/ident.h"
#include "base/str.h"
#include "model/bound.h"
#include "model/table.h"

/*
 * A table in the order of one of its keys.  Boundaries (bound.h) divide it into
 * ranges, each of which is read by that key.  No plan is needed for it.
 */
struct path {
	const struct qname *name;	/* what the table is called now */
	const struct table *table;
	const struct key *key;		/* see table_total_key() */
};

/*
 * How a statement names the columns of the key: with an alias and a dot before
 * them, or nothing; and as another table with the same values calls them, one
 * for each part, or (NULL) as the path's own table does.
 */
struct path_names {
	const char *alias;
	const struct column *const *column;
};

#define PATH_PLAIN (&(const struct path_names){ "", NULL })

/* FROM the table, as alias (or NULL), by the key. */
void path_from(struct str *q, const struct path *p, const char *alias);

/*
 * "after < key <= upto" as a condition that is a range of the index, and
 * "after < key < upto".  A bound without a value is no limit.
 */
void path_range(struct str *q, const struct path *p,
    const struct path_names *names, const struct bound *after,
    const struct bound *upto);
void path_between(struct str *q, const struct path *p,
    const struct path_names *names, const struct bound *after,
    const struct bound *before);

/*
 * The row at a bound.  A range, even of one row, would read on to the next
 * record to find its end, and wait for that while it has this one locked.
 */
void path_at(struct str *q, const struct path *p, const struct bound *at);

/* ORDER BY the key. */
void path_order(struct str *q, const struct path *p,
    const struct path_names *names);

/* SELECT the key of the n-th row after a bound, as far as upto; n >= 1. */
void path_nth(struct str *q, const struct path *p, const struct bound *after,
    const struct bound *upto, unsigned long long n);

/*
 * DELETE the rows of a range.  In the form for several tables, which alone can
 * say by which index; a view has none, and is refused.
 */
void path_delete(struct str *q, const struct path *p,
    const struct bound *after, const struct bound *upto);

/* ... and of the last one of a range; match is a condition and AND. */
void path_last_in(struct str *q, const struct path *p, const char *match,
    const struct bound *after, const struct bound *upto);

/* SELECT the key of the last row. */
void path_last(struct str *q, const struct path *p);

#endif
