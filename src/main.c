/*
 * livealter: change the schema of a live table.
 *
 * A copy of the table is altered while triggers keep it up to date, and then
 * takes the place of the original.  The story array below is that, in order;
 * everything else is how.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/stop.h"
#include "base/str.h"
#include "cli/command.h"
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
#include "steps/blocker.h"
#include "steps/mdl.h"
#include "story/compare.h"
#include "story/migration.h"
#include "story/prove.h"
#include "story/report.h"
#include "story/undoing.h"

/* What a step is part of. */
enum part {
	LOOK = 1,		/* neither --dry-run nor --execute */
	DRY = 2,		/* --dry-run */
	RUN = 4,		/* --execute */
	AGAIN = 8,		/* resume */
	AGAIN_DRY = 16,		/* resume --dry-run */
	LATE = 32,		/* and after the swap, when that is done */
	BACK = 64,		/* revert */
	BACK_DRY = 128,		/* revert --dry-run */
	TO_BACK = BACK | BACK_DRY,
	ALL = LOOK | DRY | RUN | AGAIN | AGAIN_DRY | BACK | BACK_DRY,
	FRESH = LOOK | DRY | RUN,
	MAKE = DRY | RUN,
	PLAN = DRY | RUN | AGAIN | AGAIN_DRY,
	TAKE_UP = AGAIN | AGAIN_DRY,
	DO = RUN | AGAIN,
	COMPARE = RUN | AGAIN | BACK,
	END = RUN | AGAIN | BACK | LATE,
};

static const struct step {
	const char *title;
	int (*run)(struct migration *, struct err *);
	enum part in;
	enum err_kind kind;		/* when the server refuses in it */
	const char *key;		/* in $LIVEALTER_FAIL_AT */
} story[] = {
	{ "connect", migration_connect, ALL, ERR_CONNECT, "connect" },
	{ "inspect the table", migrate_inspect, FRESH, ERR_SQL, "inspect" },
	{ "find what has died", resume_find, TAKE_UP, ERR_SQL, "find" },
	{ "find the way back", revert_inspect, TO_BACK, ERR_SQL, "look" },
	{ "check that this is safe", migrate_check, ALL, ERR_SQL, "check" },
	{ "create the new table", migrate_create, MAKE, ERR_CREATE,
	    "create" },
	{ "alter the new table", migrate_alter, MAKE, ERR_ALTER, "alter" },
	{ "plan", migrate_plan, PLAN, ERR_SQL, "plan" },
	{ "take up what is there", resume_join, TAKE_UP, ERR_SQL, "join" },
	{ "plan the way back", revert_plan, TO_BACK, ERR_SQL, "return" },
	{ "create the triggers", migrate_capture, RUN, ERR_TRIGGERS,
	    "capture" },
	{ "copy the rows", migrate_copy, DO, ERR_SQL, "copy" },
	{ "compare the two tables", compare_run, COMPARE, ERR_SQL,
	    "verify" },
	{ "swap the tables", migrate_swap, DO, ERR_SWAP, "swap" },
	{ "swap the tables back", revert_swap, BACK, ERR_SWAP, "revert" },
	{ "prove the swap", prove_run, END, ERR_LEFT, "prove" },
	{ "drop the triggers", undoing_release, END, ERR_LEFT, "release" },
	{ "drop the old table", undoing_drop, END, ERR_LEFT, "drop" },
};

/* For the tests: does "before:copy" or "after:copy" mean here? */
static bool
is_here(const char *at, const char *when, const char *key)
{
	size_t len = strlen(when);

	return at != NULL && strncmp(at, when, len) == 0 && at[len] == ':' &&
	    strcmp(at + len + 1, key) == 0;
}

static int
fail_on_demand(const struct config *cfg, const char *when, const char *key,
    struct err *e)
{
	if (!is_here(cfg->fail_at, when, key))
		return 0;
	return err_set(e, ERR_SQL, "failed %s it, as LIVEALTER_FAIL_AT asks "
	    "for", when);
}

/* Killed, or stopped until somebody lets it go on. */
static void
halt_on_demand(const struct config *cfg, const char *when, const char *key)
{
	if (is_here(cfg->die_at, when, key))
		kill(getpid(), SIGKILL);
	if (is_here(cfg->stop_at, when, key))
		kill(getpid(), SIGSTOP);
}

static int
tell_step(struct migration *m, const struct step *s, struct err *e)
{
	log_step(s->title);
	halt_on_demand(m->cfg, "before", s->key);
	if (fail_on_demand(m->cfg, "before", s->key, e) == 0 &&
	    s->run(m, e) == 0 &&
	    fail_on_demand(m->cfg, "after", s->key, e) == 0) {
		halt_on_demand(m->cfg, "after", s->key);
		return 0;
	}
	blocker_explain(m->db, &m->server, e);
	mdl_explain(&m->server, &m->names.old, e);
	if (e->kind == ERR_SQL)
		e->kind = s->kind;
	return err_while(e, "%s", s->title);
}

static int
leave_swapped(void *undo)
{
	undoing_leave(undo);
	return ERR_LEFT;
}

static enum part
part_of(const struct config *cfg)
{
	if (cfg->command == COMMAND_RESUME)
		return cfg->dry_run ? AGAIN_DRY : AGAIN;
	if (cfg->command == COMMAND_REVERT)
		return cfg->dry_run ? BACK_DRY : BACK;
	return cfg->execute ? RUN : cfg->dry_run ? DRY : LOOK;
}

static int
tell(struct migration *m, struct err *e)
{
	enum part part = part_of(m->cfg);
	size_t i;

	for (i = 0; i < sizeof(story) / sizeof(story[0]); i++) {
		if (!(story[i].in & part) ||
		    (m->swap == SWAP_DONE && !(story[i].in & LATE)))
			continue;
		if (stop_requested() && m->swap != SWAP_DONE)
			return err_set(e, ERR_STOPPED, "stopped before: %s",
			    story[i].title);
		if (tell_step(m, &story[i], e) != 0)
			return -1;
		if (m->swap == SWAP_DONE)
			stop_parting(leave_swapped, &m->undo);
	}
	if (part == LOOK) {
		err_set(e, ERR_USAGE, "nothing was done: the checks passed, "
		    "and neither --dry-run nor --execute was given");
		return err_hint(e, "--dry-run shows the plan; --execute "
		    "carries it out");
	}
	return 0;
}

/* However it ended, leave nothing behind that is not meant to stay. */
static int
clean_up(struct migration *m, struct err *e)
{
	if (undoing_run(m, e) == 0)
		return 0;
	err_while(e, "cleaning up");
	log_lines(log_error, e->text, ERR_LINE);
	if (m->registry.id != 0)
		command_log(log_hint, m->cfg, "cleanup", "removes what is "
		    "left, as soon as it can", COMMAND_END);
	undoing_print(&m->undo);
	return -1;
}

static void
log_failure(const struct err *e)
{
	log_lines(log_error, e->text, ERR_LINE);
	if (e->hint[0] != '\0')
		log_lines(log_hint, e->hint, ERR_LINE);
}

/* stop_parting_fn: nothing was made. */
static int
leave_asking(void *arg)
{
	(void)arg;
	log_error("stopped at once");
	log_flush(1);
	return ERR_STOPPED;
}

/* What is no migration. */
static enum err_kind
serve(struct config *cfg)
{
	struct err e = { .kind = ERR_NONE };
	int rc;

	db_library_init();
	stop_parting(leave_asking, NULL);
	rc = cfg->command == COMMAND_STATUS ? status_run(cfg, &e) :
	    cfg->command == COMMAND_CONTROL ? control_run(cfg, &e) :
	    cleanup_run(cfg, &e);
	if (rc != 0)
		log_failure(&e);
	log_flush(0);
	stop_parting(NULL, NULL);
	db_library_end();
	return rc != 0 ? e.kind : ERR_NONE;
}

/* One migration, and what it comes to: the exit status. */
static enum err_kind
run(struct config *cfg)
{
	struct migration m = MIGRATION_INIT(cfg);
	struct err e = { .kind = ERR_NONE }, late = { .kind = ERR_NONE };
	enum err_kind end = ERR_NONE;

	db_library_init();
	stop_parting(undoing_leave, &m.undo);
	if (tell(&m, &e) != 0) {
		end = e.kind;
		log_failure(&e);
	}
	if (prove_late(&m, &late) != 0) {
		log_failure(&late);
		end = late.kind;
	}
	if (end == ERR_STOPPED && migrate_keep(&m)) {
		end = ERR_KEPT;
	} else if (clean_up(&m, &e) != 0) {
		if (end == ERR_NONE || m.swap == SWAP_DONE)
			end = ERR_LEFT;
	} else if (m.swap == SWAP_DONE && (end == ERR_LOST || end ==
	    ERR_STOPPED)) {
		end = ERR_NONE;		/* there was only cleaning up left */
	}
	log_flush(0);
	if (end == ERR_NONE || end == ERR_LEFT)
		report_end(&m);
	else if (m.swap == SWAP_UNKNOWN)
		log_info("it is not known whether %s.%s was altered",
		    cfg->database, cfg->table);
	else if (m.swap == SWAP_NOT_YET)
		log_info("%s.%s was not altered", cfg->database, cfg->table);
	log_flush(0);
	stop_parting(NULL, NULL);
	migration_free(&m);
	db_library_end();
	return end;
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
		end = cfg.command == COMMAND_STATUS ||
		    cfg.command == COMMAND_CONTROL ||
		    cfg.command == COMMAND_CLEANUP ? serve(&cfg) : run(&cfg);
	} else if (rc < 0) {
		end = e.kind;
		log_lines(log_error, e.text, "\n");
		log_hint("livealter --help lists the options");
	}
	str_free(&notes);
	configure_free(&cfg);
	return (int)end;
}
