#ifndef TEXT_SINK_H
#define TEXT_SINK_H

#include <stdbool.h>

#include "base/event.h"
#include "base/str.h"

/*
 * The sink for people: answers, plans, results and statements on standard
 * output; steps, messages and progress on standard error, each a line that
 * begins with "livealter: ", and with the job's name if there are several.
 *
 * A newline in a message is part of somebody's name or text and is shown as
 * one, like everything else that a terminal would obey (see base/escape.h).
 * On a terminal the progress is one line, which is wiped before a message and
 * drawn again with the next event.
 */
struct text_sink {
	struct event_sink sink;
	bool quiet;	/* no steps, progress and notes, and on standard
			   output only answers */
	bool sql;	/* statements are shown */
	bool summary_first;	/* plan and statements come after it */
	bool summed;		/* it has come */
	struct str held;	/* until then */
	double every;	/* seconds between two lines about a wait */
	bool drawn;	/* a progress line is on the terminal */
	double shown;	/* when there was a line about a wait */
};

/* Add it to the sinks. */
void text_sink_add(struct text_sink *t);

#endif
