#include "base/pace.h"

#define WEIGHT_OF_PAST 0.75

static void
set_rows(struct pace *p, double rows)
{
	if (rows < 1)
		rows = 1;
	if (rows > (double)PACE_MOST)
		rows = (double)PACE_MOST;
	p->rows = (unsigned long long)rows;
}

void
pace_init(struct pace *p, bool adapts, double target, unsigned long long first)
{
	p->adapts = adapts && target > 0;
	p->target = target;
	p->rate = 0;
	set_rows(p, (double)first);
}

unsigned long long
pace_rows(const struct pace *p)
{
	return p->rows;
}

void
pace_note(struct pace *p, unsigned long long rows, double seconds)
{
	double now, next;

	if (!p->adapts || rows == 0)
		return;
	/* The clock may not have ticked. */
	now = (double)rows / (seconds > 1e-6 ? seconds : 1e-6);
	p->rate = p->rate > 0 ?
	    WEIGHT_OF_PAST * p->rate + (1 - WEIGHT_OF_PAST) * now : now;
	next = p->rate * p->target;
	/* One lucky chunk must not make a giant of the next. */
	if (next > 2 * (double)p->rows)
		next = 2 * (double)p->rows;
	set_rows(p, next);
}

void
pace_shrink(struct pace *p)
{
	if (p->adapts)
		set_rows(p, (double)p->rows / 2);
}
