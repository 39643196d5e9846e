/*
 * livealter: change the schema of a live table.
 *
 * The command line is read, and one of src/commands runs.  The migration itself
 * is commands/migrate.c, whose story array has its steps in order; each is a
 * file.
 */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/event.h"
#include "base/json_sink.h"
#include "base/log.h"
#include "base/notify.h"
#include "base/output.h"
#include "base/stop.h"
#include "base/str.h"
#include "base/text_sink.h"
#include "base/util.h"
#include "cli/config.h"
#include "cli/configure.h"
#include "cli/onlookers.h"
#include "cli/password.h"
#include "cli/pid_file.h"
#include "commands/cleanup.h"
#include "commands/control.h"
#include "commands/jobs.h"
#include "commands/migrate.h"
#include "commands/resume.h"
#include "commands/revert.h"
#include "commands/status.h"
#include "commands/watching.h"
#include "server/db.h"

/* stop_parting_fn: nothing was made. */
static int
leave_asking(void *arg)
{
	struct err e;

	(void)arg;
	err_set(&e, ERR_STOPPED, "stopped at once");
	event_error(&e);
	output_flush(1);
	return ERR_STOPPED;
}

/* A command that is no story. */
static enum err_kind
serve(int (*command)(struct config *, struct err *), struct config *cfg)
{
	struct err e = { .kind = ERR_NONE };
	int rc;

	stop_parting(leave_asking, NULL);
	rc = command(cfg, &e);
	if (rc != 0)
		event_error(&e);
	output_flush(0);
	stop_parting(NULL, NULL);
	return rc != 0 ? e.kind : ERR_NONE;
}

/* One of them is used. */
struct sinks {
	struct text_sink text;
	struct json_sink json;
};

/* Of several jobs each has its own say in what is shown. */
static void
tune_sinks(struct sinks *s, const struct config *cfg)
{
	/* A dry run shows what it tries for real, and the plan the rest. */
	const bool sql = cfg->print || cfg->dry_run;
	const double every = cfg->progress_by == PROGRESS_TIME ?
	    cfg->progress_every : 30;

	s->text.quiet = s->json.quiet = cfg->quiet;
	s->text.sql = s->json.sql = sql;
	s->text.summary_first = cfg->dry_run;
	s->text.every = s->json.every = every;
}

static enum err_kind
run_command(struct config *cfg)
{
	switch (cfg->command) {
	case COMMAND_STATUS:
		return serve(status_run, cfg);
	case COMMAND_WATCH:
		return serve(watching_run, cfg);
	case COMMAND_CONTROL:
		return serve(control_run, cfg);
	case COMMAND_CLEANUP:
		return serve(cleanup_run, cfg);
	case COMMAND_RESUME:
		return resume_run(cfg);
	case COMMAND_REVERT:
		return revert_run(cfg);
	case COMMAND_EXPLAIN:
	case COMMAND_ALTER:
		break;
	}
	return migrate_run(cfg);
}

/* Commands that only look or are told by another have no PID file. */
static bool
has_pid_file(const struct config *cfg)
{
	return cfg->pid != NULL && (cfg->command == COMMAND_ALTER ||
	    cfg->command == COMMAND_RESUME || cfg->command == COMMAND_REVERT);
}

/* Nor is anybody told of them. */
static bool
has_onlookers(const struct config *cfg)
{
	return cfg->command == COMMAND_ALTER ||
	    cfg->command == COMMAND_RESUME ||
	    cfg->command == COMMAND_REVERT || cfg->command == COMMAND_CLEANUP;
}

/* What is there for as long as the program is. */
struct around {
	struct pid_file file;
	struct notify notify;
	struct sinks *sinks;
	struct onlookers onlookers;	/* of the job that is at work */
};

/* stop_leaving_fn */
static void
leave_alone(void *arg, int status)
{
	struct around *a = arg;

	pid_file_drop(&a->file);
	if (status >= 0)
		notify_finish(&a->notify, (enum err_kind)status);
	else
		notify_cut(&a->notify);
}

/* stop_leaving_fn */
static void
leave_watched(void *arg, int status)
{
	struct around *a = arg;

	leave_alone(arg, status);
	if (status >= 0)
		onlookers_finish(&a->onlookers, (enum err_kind)status);
	else
		onlookers_cut(&a->onlookers);
}

/* Each job of several has onlookers of its own, which its options ask for. */
static enum err_kind
run_watched(struct config *cfg, void *arg)
{
	struct around *a = arg;
	struct err e = { .kind = ERR_NONE };
	enum err_kind end;
	int rc;

	tune_sinks(a->sinks, cfg);
	if (!has_onlookers(cfg))
		return run_command(cfg);
	event_begin(cfg->name);
	rc = onlookers_begin(&a->onlookers, cfg, &e);
	stop_leaving(leave_watched, a);
	if (rc == 0)
		rc = onlookers_ask(cfg, &e);
	if (rc == 0) {
		end = run_command(cfg);
	} else {
		event_error(&e);
		end = e.kind;
	}
	onlookers_finish(&a->onlookers, end);
	stop_leaving(leave_alone, a);
	onlookers_end(&a->onlookers);
	return end;
}

/* The file first: one that finds another at work is not heard of. */
static enum err_kind
begin_and_run(struct config *cfg, struct around *a)
{
	struct err e = { .kind = ERR_NONE };

	if (has_pid_file(cfg) && pid_file_take(&a->file, cfg->pid, &e) != 0) {
		event_error(&e);
		return e.kind;
	}
	stop_leaving(leave_alone, a);
	if (has_onlookers(cfg))
		notify_begin(&a->notify);
	return cfg->next != NULL ? jobs_run(cfg, run_watched, a) :
	    run_watched(cfg, a);
}

/* The PID file goes last, as hooks are told of the end while we live. */
static enum err_kind
run_around(struct config *cfg, struct sinks *sinks)
{
	struct around a = { .file = PID_FILE_INIT,
	    .notify = NOTIFY_INIT, .sinks = sinks };
	enum err_kind end = begin_and_run(cfg, &a);

	notify_finish(&a.notify, end);
	event_exit(end);
	output_flush(0);
	stop_leaving(NULL, NULL);
	notify_end(&a.notify);
	pid_file_drop(&a.file);
	return end;
}

/*
 * With standard output closed, the next descriptor that is opened, the one to
 * the server, would be it, and get what is shown.
 */
static void
keep_streams(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd > STDERR_FILENO)
		close(fd);
}

/* Those of status, watch and explain are documents by themselves. */
static bool
is_for_programs(const struct config *cfg)
{
	return cfg->output == OUTPUT_JSON && cfg->command != COMMAND_STATUS &&
	    cfg->command != COMMAND_WATCH && cfg->command != COMMAND_EXPLAIN &&
	    !cfg->help && !cfg->version && !cfg->print_config;
}

/* As the options ask for. */
static void
choose_sink(struct sinks *s, const struct config *cfg)
{
	tune_sinks(s, cfg);
	event_remove_sinks();
	if (is_for_programs(cfg))
		json_sink_add(&s->json, VERSION);
	else
		text_sink_add(&s->text);
}

int
main(int argc, char **argv)
{
	struct sinks s = { .text = { .quiet = false } };
	struct config cfg;
	struct str notes = STR_INIT, answer = STR_INIT;
	struct err e = { .kind = ERR_NONE };
	enum err_kind end = ERR_NONE;
	int rc;

	password_keep();
	keep_streams();
	text_sink_add(&s.text);
	memset(&cfg, 0, sizeof(cfg));
	rc = configure_load(&cfg, argc, argv, &notes, &e);
	choose_sink(&s, &cfg);
	if (notes.len > 0)
		log_info("%s", notes.s);
	if (rc == 0) {
		stop_init();
		output_start();
		db_library_init();
		end = run_around(&cfg, &s);
		db_library_end();
	} else if (rc < 0) {
		end = e.kind;
		event_error(&e);
		event_exit(end);
	} else {
		configure_answer(&cfg, &answer);
		event_answer(&answer);
	}
	event_remove_sinks();
	json_sink_free(&s.json);
	str_free(&notes);
	str_free(&answer);
	configure_free(&cfg);
	return (int)end;
}
