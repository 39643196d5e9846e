#include "steps/progress_report.h"

#include "base/event.h"

/* Is it time for another line of progress, that everybody sees? */
static bool
is_due(const struct config *cfg, const struct progress *now,
    const struct progress *shown)
{
	switch (cfg->progress_by) {
	case PROGRESS_TIME:
		return now->elapsed - shown->elapsed >= cfg->progress_every;
	case PROGRESS_PERCENTAGE:
		return 100 * (progress_share(now) - progress_share(shown)) >=
		    cfg->progress_every;
	case PROGRESS_ITERATIONS:
		return (double)(now->chunk - shown->chunk) >=
		    cfg->progress_every;
	}
	return false;
}

void
progress_report_rows(const struct config *cfg, const struct progress *now,
    struct progress *told, unsigned long long chunk_rows, bool going)
{
	struct progress shown = *now;
	bool due = going && is_due(cfg, now, told);

	shown.chunk = chunk_rows;
	event_progress(&shown, due ? EVENT_DUE : going ? EVENT_LIVE :
	    EVENT_QUIET);
	if (due)
		*told = *now;
}
