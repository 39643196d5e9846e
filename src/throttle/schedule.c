#include "throttle/schedule.h"

#include <stdlib.h>
#include <time.h>

#include "base/progress.h"
#include "base/util.h"
#include "base/window.h"

#define EVERY	0.3	/* seconds between two looks */

/*
 * A try for the table's lock may take 9 seconds, and must not begin so late
 * that the tables are swapped after the window.
 */
#define CLOSING	10	/* seconds */

static int
look(void *arg, struct verdict *v, struct err *e)
{
	const char *text = arg;
	char clock[WINDOW_CLOCK_SIZE];
	time_t now = time(NULL);
	struct window w;
	double opens;

	(void)e;
	if (window_parse(&w, text) != NULL ||
	    (window_open(&w, now) && window_open(&w, now + CLOSING)))
		return 0;
	/* When it is about to close, the next one is meant. */
	opens = window_open(&w, now) ? CLOSING : 0;
	opens += window_opens_in(&w, now + (time_t)opens);
	window_clock(&w, now, clock);
	str_addf(&v->what, "the time %s (now %s), in ", text, clock);
	progress_clock(&v->what, opens);
	v->holds = HOLD_SWAP;
	v->in = opens;
	return 0;
}

void
schedule_source(struct source *s, const char *text)
{
	*s = (struct source){ .name = xstrdup("the clock"), .every = EVERY,
	    .look = look, .free = free, .arg = xstrdup(text) };
}
