#include "base/road.h"

#define EVERY	1.0	/* seconds between two pings */

bool
road_is_due(const struct road *r, double now)
{
	return r->n == 0 || now - r->asked >= EVERY;
}

void
road_pinged(struct road *r, double now, double seconds)
{
	r->ping[r->n++ % ROAD_PINGS] = seconds;
	r->asked = now;
	r->spent += seconds;
}

/* The second longest: one that a hiccup held up does not count. */
static double
usual(const struct road *r)
{
	double most = 0, next = 0;
	size_t i;

	for (i = 0; i < r->n && i < ROAD_PINGS; i++)
		if (r->ping[i] >= most) {
			next = most;
			most = r->ping[i];
		} else if (r->ping[i] > next) {
			next = r->ping[i];
		}
	return r->n > 1 ? next : most;
}

void
road_travelled(struct road *r, double seconds)
{
	double way = usual(r);

	r->spent += way < seconds ? way : seconds;
}
