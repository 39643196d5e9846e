#include "story/moments.h"

#include "base/event.h"
#include "story/watch.h"

int
moments_tell(struct migration *m, const char *name, struct err *e)
{
	const struct event_subject subject = {
		.database = m->names.old.db.raw,
		.table = m->names.old.table.raw,
		.new_table = m->names.shadow.table.raw,
		.old_table = m->names.attic.table.raw,
		.alter = m->cfg->alter,
		.revert = m->reverting,
	};
	const struct event_moment moment = {
		.name = name,
		.subject = &subject,
		.beat = m->triggers.n > 0 && trigger_set_is_known(
		    &m->triggers) ? watch_tables : NULL,
		.arg = m,
	};

	return event_moment(&moment, e);
}
