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

#include "base/log.h"
#include "base/stop.h"
#include "base/str.h"
#include "cli/config.h"
#include "cli/configure.h"
#include "cli/secret.h"
#include "commands/cleanup.h"
#include "commands/control.h"
#include "commands/migrate.h"
#include "commands/resume.h"
#include "commands/revert.h"
#include "commands/status.h"
#include "server/db.h"

/* stop_parting_fn: nothing was made. */
static int
leave_asking(void *arg)
{
	(void)arg;
	log_error("stopped at once");
	log_flush(1);
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
		log_failure(&e);
	log_flush(0);
	stop_parting(NULL, NULL);
	return rc != 0 ? e.kind : ERR_NONE;
}

static enum err_kind
run(struct config *cfg)
{
	switch (cfg->command) {
	case COMMAND_STATUS:
		return serve(status_run, cfg);
	case COMMAND_CONTROL:
		return serve(control_run, cfg);
	case COMMAND_CLEANUP:
		return serve(cleanup_run, cfg);
	case COMMAND_RESUME:
		return resume_run(cfg);
	case COMMAND_REVERT:
		return revert_run(cfg);
	case COMMAND_ALTER:
		break;
	}
	return migrate_run(cfg);
}

/*
 * With standard output closed, the next descriptor that is opened, the one to
 * the server, would be it, and be written to by printf().
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

int
main(int argc, char **argv)
{
	struct config cfg;
	struct str notes = STR_INIT;
	struct err e = { .kind = ERR_NONE };
	enum err_kind end = ERR_NONE;
	int rc;

	secret_keep();
	keep_streams();
	memset(&cfg, 0, sizeof(cfg));
	rc = configure_load(&cfg, argc, argv, &notes, &e);
	/* A dry run shows what it tries for real, and the plan the rest. */
	log_open(cfg.quiet, cfg.print || cfg.dry_run);
		log_lines(log_info, notes.s, "\n");
	if (rc == 0) {
		stop_init();
		log_start();
		db_library_init();
		end = run(&cfg);
		db_library_end();
	} else if (rc < 0) {
		end = e.kind;
		log_lines(log_error, e.text, "\n");
		log_hint("livealter --help lists the options");
	}
	str_free(&notes);
	configure_free(&cfg);
	return (int)end;
}
