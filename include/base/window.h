#ifndef WINDOW_H
#define WINDOW_H

#include <stdbool.h>
#include <time.h>

/*
 * A time of the day, on some days of the week, in which something may happen:
 * "Sat,Sun 03:00-04:00", "Mon-Fri 23:30-00:30 UTC", "daily 02:00-05:00".  It
 * is read off a clock: the local one unless UTC is said.  So an hour that a
 * clock leaves out when it is put forward does not come, and one that it has
 * twice comes twice.
 */
struct window {
	unsigned int days;	/* on which it begins; bit 0 is Sunday */
	int from, until;	/* minutes; until <= from: on the next day */
	bool utc;
};

/* Returns NULL, or what is wrong with the text; then *w is not to be used. */
const char *window_parse(struct window *w, const char *text);

bool window_open(const struct window *w, time_t t);

/* Seconds from t until it opens: 0 when it is open, -1 when it does not. */
double window_opens_in(const struct window *w, time_t t);

/* What that clock shows at t, for people: "Sat 16:05 CET". */
#define WINDOW_CLOCK_SIZE 64
void window_clock(const struct window *w, time_t t,
    char text[WINDOW_CLOCK_SIZE]);

#endif
