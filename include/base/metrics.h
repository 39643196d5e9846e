#ifndef METRICS_H
#define METRICS_H

#include <pthread.h>
#include <stdbool.h>

#include "base/board.h"
#include "base/err.h"
#include "base/event.h"
#include "base/metrics_text.h"
#include "base/str.h"

#define METRICS_OPTION "--prometheus-textfile"

/*
 * The sink that writes metrics into a file, for the textfile collector of
 * Prometheus' node_exporter.  The file is replaced as a whole, by a thread, so
 * that no disk that is full or hangs holds up the run.
 */
struct metrics {
	struct event_sink sink;
	char *path;
	struct board *board;
	pthread_t thread;
	bool threaded, warned;		/* warned: once is enough */
	pthread_mutex_t lock;		/* guards what is below it */
	pthread_cond_t changed;
	struct metrics_more more;
	double since[EVENT_WAITS];	/* now_s(); 0: it is not waited for */
	struct str last;		/* what is written at the end */
	bool over, written;		/* last is to be, and is */
};

/*
 * Write them the first time, be one of the sinks, and start the thread.  run is
 * a word for programs, which stays.  Returns 0, or -1 with *e: the file cannot
 * be written.  metrics_end() is due in either case.
 */
int metrics_begin(struct metrics *m, const char *path, struct board *board,
    const char *run, struct err *e);

/* The run ends, as the board knows.  A file that hangs is not waited for long;
 * one that cannot be written is warned of. */
void metrics_finish(struct metrics *m);

/* When there is no event any more for it; m is freed, unless its thread still
 * hangs in the file. */
void metrics_end(struct metrics *m);

#endif
