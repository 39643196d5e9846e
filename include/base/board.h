#ifndef BOARD_H
#define BOARD_H

#include <pthread.h>
#include <stdbool.h>

#include "base/err.h"
#include "base/event.h"
#include "base/progress.h"

/*
 * What is known of a run at a moment, for whoever tells others of it: hooks,
 * the service manager, metrics.
 */
struct board_view {
	const char *job;		/* of several; or NULL */
	char *database, *table;		/* NULL: not known */
	char *new_table, *old_table;	/* their names, as they are */
	char *alter;
	bool revert, dry_run;
	const char *step, *title;	/* the last that began; NULL: none */
	struct progress copy, compare;	/* verb is NULL: not yet */
	char *line;			/* of progress, or of what is done */
	char *wait[EVENT_WAITS];	/* what is waited for; or NULL */
	struct waited waited;
	unsigned int workers, workers_most;
	unsigned long warnings;
	struct err error;		/* the last one */
	char state[16];			/* of the result; "" before it */
	double copy_s;			/* seconds that the copy has taken */
	unsigned long long rows;	/* copied */
	bool ended;
	enum err_kind status;		/* the exit status, once it has ended */
	double began;			/* now_s() */
	double clock_began, clock_ended;	/* seconds since 1970; or 0 */
};

/* A sink that keeps it. */
struct board {
	struct event_sink sink;
	pthread_mutex_t lock;
	struct board_view view;
};

/* It begins at once, as what is about this table; either may be NULL. */
void board_begin(struct board *b, const char *database, const char *table,
    bool dry_run);

/* The run ends, with this exit status. */
void board_finish(struct board *b, enum err_kind status);
void board_end(struct board *b);

/* A copy, for board_free_view().  From any thread. */
void board_read(struct board *b, struct board_view *v);
void board_free_view(struct board_view *v);

#endif
