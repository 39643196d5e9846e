#include "cli/onlookers.h"

#include "base/event.h"

/* What reads the board comes behind it: sinks are a list with two ends, and
 * the last that is added is the first that is told. */
int
onlookers_begin(struct onlookers *o, const struct config *cfg, struct err *e)
{
	const struct event_subject subject = { .database = cfg->database,
	    .table = cfg->table, .alter = cfg->alter,
	    .revert = cfg->command == COMMAND_REVERT };
	const struct event_moment startup = { .name = "startup",
	    .subject = &subject };
	int rc = hooks_begin(&o->hooks, cfg, &o->board, e);

	board_begin(&o->board, cfg->database, cfg->table, cfg->dry_run);
	return rc != 0 ? -1 : event_moment(&startup, e);
}

void
onlookers_finish(struct onlookers *o, enum err_kind status)
{
	board_finish(&o->board, status);
	hooks_finish(&o->hooks, status);
}

void
onlookers_cut(struct onlookers *o)
{
	hooks_cut(&o->hooks);
}

void
onlookers_end(struct onlookers *o)
{
	event_remove_sinks();
	hooks_end(&o->hooks);
	board_end(&o->board);
}
