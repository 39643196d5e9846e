/*
 * Waiting with the swap.
 *
 * The triggers keep the tables equal however long it takes, and the
 * comparison has shown that they are.  But some things pass triggers by: rows
 * that replication brings, a TRUNCATE, somebody who writes to the new table, a
 * disk.  So a comparison grows old, and the swap wants a fresh one.
 *
 * Comparing may take longer than a window is open.  Done when it opens, it
 * would let the window pass, and the next one, too; so when it is known when
 * the wait ends, the tables are compared shortly before.
 */
#include "steps/postpone.h"

#include <sys/stat.h>
#include <time.h>

#include "base/event.h"
#include "base/stop.h"
#include "base/util.h"
#include "base/window.h"

#define LOOK	0.5	/* seconds between two looks at the gate */
#define WATCH	2.0	/* seconds between two calls of watch() */
#define RECENT	60.0	/* seconds for which a comparison is always good */

/* Should the tables be compared now, to be fresh when the swap begins? */
static bool
wants_comparison(const struct postpone *p, bool may_go, double in)
{
	double recent = *p->took > RECENT ? *p->took : RECENT;

	if (!(*p->compared > 0) || now_s() - *p->compared <= recent)
		return false;
	/* Half as long again: others may work harder now. */
	return may_go || (in > 0 && in <= 1.5 * *p->took + 5);
}

/* A little of the wait. */
static int
wait_on(const struct postpone *p, double *watched, struct err *e)
{
	if (now_s() - *watched >= WATCH) {
		if (p->watch(p->arg, e) != 0)
			return -1;
		*watched = now_s();
	}
	if (stop_sleep(LOOK))
		return err_set(e, ERR_STOPPED, "stopped while waiting for the "
		    "cut-over");
	return 0;
}

int
postpone_run(const struct postpone *p, struct err *e)
{
	double watched = now_s();
	struct gate_reasons r = GATE_REASONS_INIT;
	int rc;

	for (;;) {
		rc = gate_look(p->gate, HOLD_SWAP, &r, e);
		if (rc < 0)
			break;
		if (wants_comparison(p, rc > 0, r.in)) {
			/* Then look again: it may take hours. */
			rc = p->compare(p->arg, e);
		} else if (rc > 0) {
			break;
		} else {
			event_shut(EVENT_WAIT_SWAP, r.what.s, r.list.s);
			rc = wait_on(p, &watched, e);
		}
		if (rc < 0)
			break;
	}
	if (rc > 0)
		event_wait(EVENT_WAIT_SWAP, NULL);
	gate_free_reasons(&r);
	return rc < 0 ? -1 : 0;
}

void
postpone_describe(struct str *out, const struct config *cfg)
{
	const char *file = cfg->postpone_cut_over_flag_file;
	char clock[WINDOW_CLOCK_SIZE];
	struct window w;
	struct stat st;

	if (file != NULL)
		str_addf(out, "the swap waits while there is a file %s (there "
		    "is %s)", file, stat(file, &st) == 0 ? "now" : "none");
	if (cfg->cut_over_window == NULL ||
	    window_parse(&w, cfg->cut_over_window) != NULL)
		return;
	window_clock(&w, time(NULL), clock);
	str_addf(out, "%s for the time %s, by the %s clock, which shows %s",
	    file != NULL ? ", and" : "the swap waits", cfg->cut_over_window,
	    w.utc ? "UTC" : "local", clock);
}
