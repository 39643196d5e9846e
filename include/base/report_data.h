#ifndef REPORT_DATA_H
#define REPORT_DATA_H

#include <stdbool.h>
#include <time.h>

#include "base/event.h"
#include "base/str.h"
#include "base/timeline.h"

#define REPORT_BANDS	300	/* waits; the shortest are left out */
#define REPORT_STEPS	64
#define REPORT_ENTRIES	150	/* of the first messages, and of the last */
#define REPORT_FACTS	16
#define REPORT_ROWS	"Rows per second"	/* a chart */

/* All times are seconds since the run began. */
struct report_band {
	enum event_wait_kind kind;
	double from, to;
	char *what;		/* NULL: there is none */
};

struct report_step {
	const char *key;
	char *title;
	double from, to;
	bool ended, done;
};

struct report_entry {
	double at;
	enum event_kind kind;
	const char *step;	/* its key, or "" */
	char *text;
};

struct report_fact {
	char *name, *value;
};

/* What a page is made of: bounded, however long the run is. */
struct report {
	double now;
	time_t began_at, now_at;
	const char *version, *command;
	char *target;		/* the table */
	char *alter;		/* or NULL */
	char *options;		/* without passwords */
	struct timeline timeline;
	struct report_band band[REPORT_BANDS], open[EVENT_WAITS];
	size_t n_bands;
	unsigned long bands_left_out;
	double waited[EVENT_WAITS];	/* seconds, of those that are over */
	struct report_step step[REPORT_STEPS];
	size_t n_steps;
	struct report_entry first[REPORT_ENTRIES], last[REPORT_ENTRIES];
	size_t n_first, n_last;		/* n_last: all that came after */
	unsigned long n_warnings, n_retries, n_blockers;
	struct report_fact fact[REPORT_FACTS];
	size_t n_facts;
	struct str statements, plan;
	unsigned long statements_left_out;
	struct event_result result;	/* of numbers and words of ours */
	bool has_result;
	struct str error, hint;
	double waiting;			/* seconds, for the gate */
	enum err_kind status;
	bool ended;
};

#endif
