#ifndef CURSOR_H
#define CURSOR_H

#include <pthread.h>
#include <stdbool.h>

#include "base/err.h"
#include "base/pace.h"
#include "model/bound.h"
#include "model/low_water.h"
#include "model/path.h"
#include "server/db.h"
#include "steps/walking.h"

/*
 * How far a walk is: all that its workers share.  The mutex guards everything
 * below it.
 */
struct cursor {
	const struct walk *walk;
	pthread_mutex_t lock;
	pthread_cond_t worker_left;
	struct bound last;		/* the end of what was handed out */
	struct bound end;		/* the last row of the table */
	struct low_water low_water;		/* what of it is done */
	bool done;			/* everything is handed out */
	unsigned int limit;		/* so many workers are given chunks */
	struct pace pace;
	double rests;			/* no worker is given one until then */
	unsigned int working;
	unsigned long long rows, others, chunks, conflicts;
	struct err failed;		/* the first failure */
};

/* How long a chunk may take, of what is asked for. */
double cursor_pace(const struct walk *w, double seconds);

/* Where the walk begins, and nothing is done; cursor_free() frees. */
void cursor_init(struct cursor *c, const struct walk *w);
void cursor_free(struct cursor *c);

/* Nothing more is handed out; only the first failure is kept. */
void cursor_fail(struct cursor *c, const struct err *e);

/*
 * Ask for the key of one row.  1: it is in *b; 0: there is no such row, and *b
 * is as it was; -1 with *e.
 */
int cursor_ask(struct db *db, const struct path *p, const char *sql,
    struct bound *b, struct err *e);

/*
 * As cursor_ask(), for the row that is so many rows on in a chunk as it asks
 * for; locking is what the SELECT ends with.
 */
int cursor_nth(struct db *db, const struct path *p, const struct chunk *k,
    const char *locking, struct bound *b, struct err *e);

/* ... and for the last row of the table. */
int cursor_last(struct db *db, const struct path *p, struct bound *b,
    struct err *e);

/* Find the last row, before anything is handed out.  0, or -1 with *e. */
int cursor_find_end(struct cursor *c, struct db *db, struct err *e);

/*
 * Find the next chunk, on the caller's connection.  1: it is in *k; 0: there
 * is none left, or somebody failed; -1 with *e.
 */
int cursor_next(struct cursor *c, struct db *db, struct chunk *k,
    struct err *e);

/* The chunk is done, in so many seconds; conflict: it met locks. */
void cursor_note(struct cursor *c, const struct chunk *k,
    const struct chunk_done *done, double seconds, bool conflict);

/*
 * If this chunk were done now, with so many rows: would everything up to a
 * place further on be done, too?  Then *mark and *total say up to where, and
 * how many rows that is.  For the chunk's function, before it returns.
 */
bool cursor_mark(const struct chunk *c, unsigned long long rows,
    struct bound *mark, unsigned long long *total);

#endif
