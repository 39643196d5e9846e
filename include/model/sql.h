#ifndef SQL_H
#define SQL_H

#include <stdbool.h>

#include "base/str.h"
#include "model/bound.h"
#include "model/plan.h"

/*
 * Statements, as pure functions from a plan to text.
 */

/* Which table a range is about, and how its columns are called there. */
enum side {
	SIDE_OLD,		/* `a` */
	SIDE_NEW,		/* `b`, the new table's name for it */
	SIDE_OLD_ALIAS,		/* o.`a`, in a join */
	SIDE_NEW_ALIAS,		/* n.`b` */
};

/*
 * The same as a part of a key, to be compared with the new column by its
 * index, of the row NEW, OLD or o; see convert_key().
 */
bool sql_key(struct str *q, const struct plan *p, const struct pair *pr,
    const char *row);

/* "after < key <= upto" as a condition that is a range of the index. */
void sql_range(struct str *q, const struct plan *p, enum side side,
    const struct bound *after, const struct bound *upto);

/* Rows of the old table that a statement locks. */
enum sql_rows {
	ROWS_UPTO,		/* of a range, */
	ROWS_UPTO_WAIT,		/* for which it queues, */
	ROWS_BEFORE,		/* but for the row at its end; */
	ROW_AT,			/* or that one alone, found by its key and by
				   nothing around it, */
	ROW_AT_WAIT,		/* for which it queues: the others do not */
};

/* One chunk: INSERT ... SELECT. */
void sql_copy(struct str *q, const struct plan *p, const struct bound *after,
    const struct bound *upto, enum sql_rows which);

/* Only lock them; where the plan has a hold_head. */
void sql_hold(struct str *q, const struct plan *p, const struct bound *after,
    const struct bound *upto, enum sql_rows which);

/*
 * The same chunk in two steps, for by_values: the first puts the text of an
 * INSERT ... VALUES into a variable, the second runs it.
 */
void sql_values(struct str *q, const struct plan *p,
    const struct bound *after, const struct bound *upto,
    enum sql_rows which);
extern const char *const sql_run_values;

/*
 * The plan of comparing the two tables after the swap, by the names that they
 * have then.  Its checksum_old and checksum_new are to be freed, all else is
 * p's.
 */
void sql_after_swap(struct plan *after, const struct plan *p);

/*
 * With --where: the key of the last row of a chunk that matches; and the
 * condition, with AND after it, that the new table has a row of the old one,
 * or is to have it (without --where: nothing).
 */
void sql_last_match(struct str *q, const struct plan *p,
    const struct bound *after, const struct bound *upto);
void sql_expected(struct str *q, const struct plan *p);

/* Count and checksum of a chunk. */
void sql_checksum(struct str *q, const struct plan *p, enum side side,
    const struct bound *after, const struct bound *upto);

/* Both by one statement, which locks a table that undoes nothing. */
void sql_checksums(struct str *q, const struct plan *p,
    const struct bound *after, const struct bound *upto);

/*
 * The row-th row of a chunk, from 1; or, with 0, the first that is NULL in
 * this column: its key, the old value and the new one, quoted for people.
 */
void sql_row(struct str *q, const struct plan *p, const struct pair *pr,
    const struct bound *after, const struct bound *upto,
    unsigned long long row);

/* Rows of a chunk of the new table that the old one has not; when it can be
 * read by the same ranges. */
void sql_delete_extra(struct str *q, const struct plan *p,
    const struct bound *after, const struct bound *upto);

/* How many rows of a chunk the new table has not. */
void sql_missing(struct str *q, const struct plan *p,
    const struct bound *after, const struct bound *upto);

/*
 * The keys of rows of a chunk that differ, at most limit: those of the old
 * table that are missing or different in the new one, or, with SIDE_NEW,
 * those of the new table that the old one has not.
 */
void sql_differences(struct str *q, const struct plan *p, enum side side,
    const struct bound *after, const struct bound *upto, unsigned int limit);

/* Give the new table, parked for the swap, its name back. */
void sql_unpark(struct str *q, const struct names *n);

/* The parts of these statements that never change; called by planner_make(). */
void sql_render(struct plan *p);

#endif
