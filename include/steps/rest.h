#ifndef REST_H
#define REST_H

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
struct rest {
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

#define REST_INIT { .lock = PTHREAD_MUTEX_INITIALIZER }

/* From now on, with a first look; the table's name must stay. */
void rest_begin(struct rest *r, const struct qname *table, struct db *db);

/* Rows that this connection has written, to any table; false: not known. */
bool rest_written(struct db *db, unsigned long long *n);

/* So many were written by another one that is ours; from any thread. */
void rest_except(struct rest *r, unsigned long long n);

/* Look.  Has somebody written in the last second?  From any thread. */
bool rest_is_busy(struct rest *r, struct db *db);

/*
 * Did no look, nor is it now seen that somebody has, since the first one; nor
 * to any other table?  db is that of rest_begin(), and the same connection.
 */
bool rest_was_kept(struct rest *r, struct db *db);

/* The same, as far as the looks until now tell. */
bool rest_is_kept(struct rest *r);

#endif
