#include "throttle/crew.h"

#include <stdbool.h>

/*
 * What is asked for may change at any time.  Who has all of them keeps all;
 * who has fewer for the load keeps these.
 */
static void
follow(struct crew *c, unsigned int most)
{
	if (c->n == 0)
		c->patience = CREW_PATIENCE;
	if (c->n >= c->most || c->n > most)
		c->n = most;
	c->most = most;
}

static enum crew_change
fewer(struct crew *c, const struct crew_look *look)
{
	c->calm = 0;
	if (c->n == 1 || (c->stepped > 0 &&
	    look->at < c->stepped + CREW_SETTLE))
		return CREW_STAYS;
	/* The one that came last was one too many. */
	if (c->raised > 0 && look->at < c->raised + c->patience)
		c->patience = 2 * c->patience < CREW_PATIENCE_MOST ?
		    2 * c->patience : CREW_PATIENCE_MOST;
	c->raised = 0;
	c->n = look->used < 1 ? c->n - 1 : c->n / 2;
	c->stepped = look->at;
	return CREW_FEWER;
}

static enum crew_change
more(struct crew *c, const struct crew_look *look)
{
	const bool all = c->n == c->most;

	if (!(c->calm > 0))
		c->calm = look->at;
	if (look->at < c->calm + c->patience)
		return CREW_STAYS;
	/* Each of them has to last as long; the last one has. */
	c->calm = look->at;
	if (all || c->raised > 0)
		c->patience = CREW_PATIENCE;
	if (all)
		return CREW_STAYS;
	c->n++;
	c->stepped = c->raised = look->at;
	return CREW_MORE;
}

enum crew_change
crew_step(struct crew *c, unsigned int most, const struct crew_look *look)
{
	follow(c, most);
	if (!(look->at > c->looked))
		return CREW_STAYS;
	c->looked = look->at;
	if (look->used >= CREW_NEAR)
		return fewer(c, look);
	if (look->used < CREW_CALM)
		return more(c, look);
	c->calm = 0;
	return CREW_STAYS;
}
