#include "story/summing.h"

#include "base/event.h"
#include "model/outcome.h"

int
summing_tell(struct migration *m, struct err *e)
{
	struct summary s = {
		.database = m->names.old.db.raw,
		.table = m->names.old.table.raw,
		.create_before = m->old->create,
	};
	struct str after = STR_INIT;

	if (outcome_create(&after, &m->plan, &m->alter, e) != 0) {
		str_free(&after);
		return -1;
	}
	s.create_after = after.s;
	event_summary(&s);
	str_free(&after);
	return 0;
}
