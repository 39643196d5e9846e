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
 * the end of the run writes it once more.
 */
struct report_sink {
	struct event_sink sink;
	char *path;
	pthread_mutex_t lock;	/* of the report */
	pthread_cond_t over_changed;
	pthread_t thread;
	bool threaded, over;	/* over: the thread ends */
	pthread_mutex_t writing;	/* of the file */
	struct report report;
	struct {
		char *verb;
		double at;
		unsigned long long done;
	} before;		/* the last progress */
	double began;		/* now_s() */
	bool ended;
};

/*
 * Write the first page, add it to the sinks, and start the thread.  After
 * stop_init().  Path and texts of the report are the sink's from here on.  -1
 * with *e: the file cannot be written, or is there and not a regular one.
 * report_sink_end() is due in either case.
 */
int report_sink_start(struct report_sink *s, struct err *e);

/*
 * The run ends with this exit status: the last page is written, unless it has
 * been.  When it cannot be, that is told as a warning and changes nothing.
 */
void report_sink_finish(struct report_sink *s, enum err_kind status);

/* When there is no event any more for it. */
void report_sink_end(struct report_sink *s);

#endif
