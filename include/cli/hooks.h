#ifndef HOOKS_H
#define HOOKS_H

#include <pthread.h>
#include <stdbool.h>

#include "base/board.h"
#include "base/event.h"
#include "cli/config.h"
#include "cli/hook_files.h"

/*
 * The sink that runs programs: --hooks-dir.  Those that may end the run are run
 * where it asks (event_moment()), and are waited for.  All others are run by a
 * thread, one after the other, and nothing waits for them but the end.
 */
struct hooks {
	struct event_sink sink;
	struct hook_files files;
	struct board *board;
	const char *host;
	double limit, every;		/* seconds; 0: none */
	pthread_t thread;
	bool started;
	pthread_mutex_t lock;		/* guards what is below it */
	pthread_cond_t changed;
	struct hook_due *first, **end;	/* to be run by the thread */
	size_t n;
	unsigned int running;		/* programs */
	bool over, at_once;		/* ends: when all are run, or now */
	bool ended;			/* the thread has */
};

/*
 * Read the directory, and be one of the sinks, before the board is.  Without
 * --hooks-dir nothing is run.  Returns 0, or -1 with *e (ERR_USAGE).
 */
int hooks_begin(struct hooks *h, const struct config *cfg,
    struct board *board, struct err *e);

/*
 * The run ends with this exit status, which the board says by now.  Wait for
 * those that are due, until another signal asks to stop.  No more are run.
 */
void hooks_finish(struct hooks *h, enum err_kind status);

/* The program ends in a moment, after two signals: end those that run. */
void hooks_cut(struct hooks *h);

/* After hooks_finish(), and when there is no event any more. */
void hooks_end(struct hooks *h);

#endif
