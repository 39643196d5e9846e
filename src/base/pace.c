#include "base/pace.h"

#include <math.h>

#define WEIGHT	0.25	/* of the last chunk */
#define CAUTION	3	/* deviations */

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
	p->cost = 0;
	p->spread = 0;
	set_rows(p, (double)first);
}

void
pace_aim(struct pace *p, double target)
{
	p->adapts = target > 0;
	p->target = target;
}

unsigned long long
pace_rows(const struct pace *p)
{
	return p->rows;
}

void
pace_note(struct pace *p, unsigned long long rows, double seconds)
{
	double cost, next;

	if (!p->adapts || rows == 0)
		return;
	/* The clock may not have ticked. */
	cost = (seconds > 1e-6 ? seconds : 1e-6) / (double)rows;
	if (p->cost > 0)
		p->spread += WEIGHT * (fabs(cost - p->cost) - p->spread);
	p->cost += p->cost > 0 ? WEIGHT * (cost - p->cost) : cost;
	next = p->target / (p->cost + CAUTION * p->spread);
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
