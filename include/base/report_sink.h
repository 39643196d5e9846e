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
 * the end of the program writes it once more.
 */
struct report_sink {
	struct event_sink sink;
	const char *path;
	pthread_mutex_t lock;	/* of the report */
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
 * stop_init().  What the report refers to stays the caller's.  -1 with *e: the
 * file cannot be written, or is there and not a regular one.
 */
int report_sink_start(struct report_sink *s, struct err *e);

#endif
