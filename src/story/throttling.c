#include "story/throttling.h"

#include "throttle/file.h"
#include "throttle/operator.h"
#include "throttle/schedule.h"

/* As soon as there is a row for requests. */
static void
add_operator(struct migration *m)
{
	const struct operator_reads from = { m->cfg, &m->server,
	    &m->registry.name, m->registry.id };
	struct source s;

	if (m->registry.id == 0 || m->obeys)
		return;
	operator_source(&s, &from, m->gate);
	watcher_add(m->watcher, &s);
	m->obeys = true;
}

/* In the order in which they are named. */
static void
add_sources(struct migration *m)
{
	struct source s;

	if (m->cfg->pause_file != NULL) {
		file_source(&s, m->cfg->pause_file, HOLD_WALK);
		watcher_add(m->watcher, &s);
	}
	add_operator(m);
	if (m->cfg->postpone_cut_over_flag_file != NULL) {
		file_source(&s, m->cfg->postpone_cut_over_flag_file,
		    HOLD_SWAP);
		watcher_add(m->watcher, &s);
	}
	if (m->cfg->cut_over_window != NULL) {
		schedule_source(&s, m->cfg->cut_over_window);
		watcher_add(m->watcher, &s);
	}
}

struct gate *
throttling_gate(struct migration *m)
{
	if (m->gate == NULL) {
		m->gate = gate_new();
		m->watcher = watcher_new(m->gate);
		add_sources(m);
	}
	add_operator(m);
	watcher_start(m->watcher);
	return gate_has_told(m->gate) ? NULL : m->gate;
}

void
throttling_retry(struct migration *m)
{
	if (m->watcher != NULL)
		watcher_start(m->watcher);
}

bool
throttling_condemned(const struct migration *m)
{
	return gate_is_condemned(m->gate);
}

bool
throttling_end(struct migration *m)
{
	if (!watcher_end(m->watcher))
		return false;
	m->watcher = NULL;
	gate_free(m->gate);
	m->gate = NULL;
	return true;
}
