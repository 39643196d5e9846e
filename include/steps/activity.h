#ifndef ACTIVITY_H
#define ACTIVITY_H

#include <pthread.h>
#include <stdbool.h>

#include "base/ident.h"
#include "server/db.h"

/*
 * Whether the application writes to a table, as far as MariaDB tells: how many
 * rows were changed (information_schema.INNODB_SYS_TABLESTATS, which needs the
 * privilege PROCESS), and when (UPDATE_TIME).  Where it does not tell, it is
 * taken that the application writes.
 *
 * And whether anybody but us has written to any table of the server, our new
 * one among them: so many rows were (Handler_write and its like).
 */
struct activity {
	const struct qname *table;
	pthread_mutex_t lock;		/* guards what is below it */
	unsigned long long changes;	/* as last seen, and 1; 0: not known */
	double changed;			/* now_s(), when they were others */
	bool touched;			/* since the first look */
	unsigned long long time;	/* UPDATE_TIME at first, and 1 */
	unsigned long long others;	/* rows they had written at first, */
	bool known;			/* as far as that is known */
	unsigned long long ours;	/* that we have written since */
};

#define ACTIVITY_INIT { .lock = PTHREAD_MUTEX_INITIALIZER }

/* From now on, with a first look; the table's name must stay. */
void activity_begin(struct activity *r, const struct qname *table,
    struct db *db);

/* Rows that this connection has written, to any table; false: not known. */
bool activity_written(struct db *db, unsigned long long *n);

/* So many were written by another one that is ours; from any thread. */
void activity_except(struct activity *r, unsigned long long n);

/* Look.  Has somebody written in the last second?  From any thread. */
bool activity_is_busy(struct activity *r, struct db *db);

/*
 * Did no look, nor is it now seen that somebody has, since the first one; nor
 * to any other table?  db is that of activity_begin(), and the same connection.
 */
bool activity_was_kept(struct activity *r, struct db *db);

/* The same, as far as the looks until now tell. */
bool activity_is_kept(struct activity *r);

#endif
