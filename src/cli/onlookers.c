#include "cli/onlookers.h"

#include <stdlib.h>

#include "base/event.h"
#include "base/report_file.h"
#include "base/str.h"
#include "base/util.h"
#include "cli/configure.h"
#include "cli/hook_files.h"

static const char *
command_word(const struct config *cfg)
{
	return cfg->command == COMMAND_RESUME ? "resume " :
	    cfg->command == COMMAND_REVERT ? "revert " : "";
}

static const char *
metrics_word(const struct config *cfg)
{
	switch (cfg->command) {
	case COMMAND_RESUME:
		return "resume";
	case COMMAND_REVERT:
		return "revert";
	case COMMAND_CLEANUP:
		return "cleanup";
	case COMMAND_ALTER:
	case COMMAND_STATUS:
	case COMMAND_CONTROL:
	case COMMAND_EXPLAIN:
	case COMMAND_WATCH:
		break;
	}
	return cfg->dry_run ? "dry-run" : "alter";
}

static int
begin_report(struct onlookers *o, const struct config *cfg, struct err *e)
{
	struct str target = STR_INIT, options = STR_INIT;

	o->report = NULL;
	if (cfg->report == NULL)
		return 0;
	str_addf(&target, "%s.%s", cfg->database, cfg->table);
	configure_print(cfg, &options);
	o->report = xcalloc(1, sizeof(*o->report));
	o->report->path = xstrdup(cfg->report);
	o->report->report = (struct report){ .version = VERSION,
	    .command = command_word(cfg), .target = str_take(&target),
	    .alter = xstrdup_null(cfg->alter),
	    .options = str_take(&options) };
	return report_sink_start(o->report, e);
}

int
onlookers_check(const struct config *cfg, struct err *e)
{
	struct hook_files files = { .n = 0 };
	int rc = 0;

	if (cfg->hooks_dir != NULL) {
		rc = hook_files_read(&files, cfg->hooks_dir, e);
		hook_files_free(&files);
	}
	if (rc == 0 && cfg->prometheus_textfile != NULL)
		rc = report_file_check(METRICS_OPTION,
		    cfg->prometheus_textfile, e);
	return rc == 0 && cfg->report != NULL ?
	    report_file_check("--report", cfg->report, e) : rc;
}

/* What reads the board comes behind it: sinks are a list with two ends, and
 * the last that is added is the first that is told. */
int
onlookers_begin(struct onlookers *o, const struct config *cfg, struct err *e)
{
	int rc = hooks_begin(&o->hooks, cfg, &o->board, e);

	o->metrics = NULL;
	board_begin(&o->board, cfg->database, cfg->table, cfg->dry_run);
	o->board.view.job = cfg->name;
	if (rc == 0 && cfg->prometheus_textfile != NULL) {
		o->metrics = xcalloc(1, sizeof(*o->metrics));
		rc = metrics_begin(o->metrics, cfg->prometheus_textfile,
		    &o->board, metrics_word(cfg), e);
	}
	return rc != 0 ? -1 : begin_report(o, cfg, e);
}

int
onlookers_ask(const struct config *cfg, struct err *e)
{
	const struct event_subject subject = { .database = cfg->database,
	    .table = cfg->table, .alter = cfg->alter,
	    .revert = cfg->command == COMMAND_REVERT };
	const struct event_moment startup = { .name = "startup",
	    .subject = &subject };

	return event_moment(&startup, e);
}

/* What hooks say of the end is in the report. */
void
onlookers_finish(struct onlookers *o, enum err_kind status)
{
	board_finish(&o->board, status);
	hooks_finish(&o->hooks, status);
	if (o->metrics != NULL)
		metrics_finish(o->metrics);
	if (o->report != NULL)
		report_sink_finish(o->report, status);
}

void
onlookers_cut(struct onlookers *o)
{
	hooks_cut(&o->hooks);
}

void
onlookers_end(struct onlookers *o)
{
	if (o->metrics != NULL)
		metrics_end(o->metrics);
	o->metrics = NULL;
	if (o->report != NULL)
		report_sink_end(o->report);
	o->report = NULL;
	hooks_end(&o->hooks);
	board_end(&o->board);
}
