#ifndef REPORT_SINK_H
#define REPORT_SINK_H

#include <pthread.h>
#include <stdbool.h>

#include "base/err.h"
#include "base/event.h"
#include "base/report_data.h"

/*
 * The sink for those who are shown a run afterwards: a page in a file, which is
 * complete at any time, because it is written beside and renamed.  A thread
 * writes it now and then, so that a kill leaves what was known shortly before;
 * and once more at the end of the run, which does not wait for long for a disk
 * that hangs.
 */
struct report_sink {
	struct event_sink sink;
	char *path;
	pthread_mutex_t lock;	/* of the report */
	pthread_cond_t changed;	/* over, written, or the report's end */
	pthread_t thread;
	bool threaded, over;	/* over: the thread ends */
	bool written;		/* the last page, unless there is a why */
	struct err why;
	struct str hangs;	/* that it is not written, in words */
	struct report report;
	struct {
		char *verb;
		double at;
		unsigned long long done;
	} before;		/* the last progress */
	double began;		/* now_s() */
	size_t sql_bytes;	/* of statements, in a page */
};

/*
 * Write the first page, add it to the sinks, and start the thread.  After
 * stop_init().  The sink, of xcalloc(), is its own from here on, with its path
 * and texts.  -1 with *e: the file cannot be written, or is there and not a
 * regular one.  report_sink_end() is due in either case.
 */
int report_sink_start(struct report_sink *s, struct err *e);

/*
 * The run ends with this exit status: the last page is written, unless it has
 * been.  When it cannot be, that is told as a warning and changes nothing.
 */
void report_sink_finish(struct report_sink *s, enum err_kind status);

/* When there is no event any more for it.  Frees the sink. */
void report_sink_end(struct report_sink *s);

#endif
