#include "base/progress.h"

#define MOST 1e9	/* seconds: 31 years */

double
progress_share(const struct progress *p)
{
	double share;

	if (p->total == 0)
		return 0.99;
	share = (double)p->done / (double)p->total;
	return share > 0.99 ? 0.99 : share;
}

double
progress_rate(const struct progress *p)
{
	return p->seconds > 0 ?
	    (double)(p->done - p->before) / p->seconds : 0;
}

double
progress_left(const struct progress *p)
{
	double rate = progress_rate(p);

	return rate > 0 && p->done < p->total ?
	    (double)(p->total - p->done) / rate : -1;
}

void
progress_clock(struct str *out, double seconds)
{
	/* What a registry says may be any number, or none. */
	unsigned long s = !(seconds > 0) ? 0 : seconds < MOST ?
	    (unsigned long)(seconds + 0.5) : (unsigned long)MOST;

	if (s >= 3600)
		str_addf(out, "%lu:%02lu:%02lu", s / 3600, s / 60 % 60, s % 60);
	else
		str_addf(out, "%lu:%02lu", s / 60, s % 60);
}

void
progress_line(struct str *out, const struct progress *p)
{
	double left = progress_left(p);

	str_addf(out, "%s %llu rows, %.0f%%, %.0f rows/s", p->verb, p->done,
	    100 * progress_share(p), progress_rate(p));
	if (left >= 0) {
		str_addz(out, ", ");
		progress_clock(out, left);
		str_addz(out, " left");
	}
	if (p->chunk > 0)
		str_addf(out, ", chunks of %llu", p->chunk);
}
