#include "throttle/pause.h"

#include "base/event.h"
#include "base/stop.h"
#include "base/util.h"

#define NAP		0.1	/* seconds between two questions */
#define KEEP_ALIVE	2.0	/* seconds between two calls of meanwhile() */

static void
begin(struct pause *p, const struct gate_reasons *r)
{
	event_shut(EVENT_WAIT_PAUSE, r->what.s, r->list.s);
	if (!(p->since > 0))
		p->since = now_s();
}

static void
end(struct pause *p)
{
	if (!(p->since > 0))
		return;
	event_wait(EVENT_WAIT_PAUSE, NULL);
	p->idle += now_s() - p->since;
	p->since = 0;
}

int
pause_ask(struct pause *p, struct gate *g, unsigned int what, bool first,
    struct err *e)
{
	struct gate_reasons r = GATE_REASONS_INIT;
	int rc = first ? gate_look(g, what, &r, e) : gate_ask(g, what, &r, e);

	if (rc == 0)
		begin(p, &r);
	else if (rc == 1)
		end(p);
	gate_free_reasons(&r);
	return rc;
}

int
pause_wait(struct gate *g, unsigned int what,
    int (*meanwhile)(void *arg, struct err *e), void *arg, struct err *e)
{
	struct pause p = { 0, 0 };
	double called = now_s();
	int rc;

	while ((rc = pause_ask(&p, g, what, false, e)) == 0) {
		if (stop_sleep(NAP))
			return err_set(e, ERR_STOPPED, "stopped");
		if (now_s() - called < KEEP_ALIVE)
			continue;
		if (meanwhile(arg, e) != 0)
			return -1;
		called = now_s();
	}
	return rc < 0 ? -1 : 0;
}

double
pause_idle(const struct pause *p)
{
	return p->idle + (p->since > 0 ? now_s() - p->since : 0);
}
