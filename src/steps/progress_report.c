#include "steps/progress_report.h"

#include "base/log.h"
#include "base/str.h"

/* Is it time for another line of progress, that everybody sees? */
static bool
is_due(const struct config *cfg, const struct progress *now,
    const struct progress *shown)
{
	if (log_live())
		return true;
	switch (cfg->progress_by) {
	case PROGRESS_TIME:
		return now->seconds - shown->seconds >= cfg->progress_every;
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
	struct str line = STR_INIT;
	struct progress shown = *now;

	shown.chunk = chunk_rows;
	progress_line(&line, &shown);
	log_doing(line.s);
	if (going && is_due(cfg, now, told)) {
		log_progress(line.s);
		*told = *now;
	}
	str_free(&line);
}
