#ifndef JSON_SINK_H
#define JSON_SINK_H

#include <stdbool.h>

#include "base/event.h"
#include "base/str.h"

/*
 * The sink for programs: JSON Lines on standard output (livealter-json(7)).
 * The first line tells the version of the format, the last one is the result,
 * however the program ends, unless it is killed.
 */
struct json_sink {
	struct event_sink sink;
	bool quiet;		/* only warnings, errors and the result */
	bool sql;		/* statements are shown */
	double every;		/* seconds between two lines about a wait */
	double shown;		/* when there was one */
	struct str warnings;	/* the first of them, as members of a list */
	unsigned long n_warnings;
	double waited[EVENT_WAITS];	/* seconds, in waits that are over */
	struct err error;	/* the last one */
	/* What the run has said of its end; NULL: it has not come so far. */
	char *ending;
	bool changed;
	const char *state;	/* NULL: as ending */
	/* Of all jobs, where there are several. */
	struct {
		struct str list;	/* what has ended, as members */
		struct str warnings;
		double waited[EVENT_WAITS];
		bool changed, hopeless;	/* hopeless: not retryable */
		const char *state;
		enum err_kind worst;
		struct err error;	/* of the worst */
	} all;
	bool ended;
};

/* Add it to the sinks, and write the first line. */
void json_sink_add(struct json_sink *j, const char *version);
/* Begin an object of this type, with the time. */
void json_sink_begin(struct str *s, const char *type);

/* What programs call what is waited for. */
const char *json_sink_wait(enum event_wait_kind kind);

/* What a result calls the state of the table: a word of 15 bytes at most. */
const char *json_sink_state(const struct event_result *r);

void json_sink_free(struct json_sink *j);

#endif
