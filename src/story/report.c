#include "story/report.h"

#include "base/event.h"
#include "base/util.h"

static enum event_end
end_of(const struct migration *m, enum err_kind status)
{
	if (status == ERR_KEPT)
		return EVENT_END_KEPT;
	return m->swap == SWAP_DONE ? EVENT_END_SWAPPED :
	    m->swap == SWAP_UNKNOWN ? EVENT_END_UNKNOWN :
	    EVENT_END_UNTOUCHED;
}

void
report_end(const struct migration *m, enum err_kind status)
{
	const struct event_result result = {
		.database = m->cfg->database,
		.table = m->cfg->table,
		.name = m->names.old.sql,
		.done = m->reverting ? "reverted" : "altered",
		.end = end_of(m, status),
		.status = status,
		.dry_run = m->cfg->dry_run,
		.instant = m->at_once,
		.already = m->already,
		.digest = m->digest[0] != '\0' ? m->digest : NULL,
		.begun = m->registry.id != 0 && !m->already,
		.statistics = m->cfg->statistics,
		.rows = m->copied.walk.rows,
		.chunks = m->copied.walk.chunks,
		.conflicts = m->copied.walk.conflicts,
		.compared = m->compared.rows,
		.copy_s = m->copied.walk.seconds,
		.compare_s = m->compared.seconds,
		.all_s = now_s() - m->began,
	};

	event_result(&result);
}
