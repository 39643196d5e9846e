#include "throttle/pause.h"

#include "base/event.h"
#include "base/util.h"

static void
begin(struct pause *p, const char *what)
{
	event_wait(EVENT_WAIT_PAUSE, what);
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
		begin(p, r.what.s);
	else if (rc == 1)
		end(p);
	str_free(&r.what);
	return rc;
}

double
pause_idle(const struct pause *p)
{
	return p->idle + (p->since > 0 ? now_s() - p->since : 0);
}
