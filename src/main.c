/*
 * livealter: change the schema of a live table.
 *
 * A copy of the table is altered while triggers keep it up to date, and then
 * takes the place of the original.  The story array below is that, in order;
 * everything else is how.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/stop.h"
#include "base/str.h"
#include "cli/config.h"
#include "migrate.h"
#include "server/db.h"

/* How far to go. */
enum extent { LOOK, DRY_RUN, EXECUTE };

static const struct step {
	const char *title;
	int (*run)(struct migration *, struct err *);
	enum extent from;		/* the least extent it is part of */
	enum err_kind kind;		/* when the server refuses in it */
	const char *key;		/* in $LIVEALTER_FAIL_AT */
} story[] = {
	{ "connect", migrate_connect, LOOK, ERR_CONNECT, "connect" },
	{ "inspect the table", migrate_inspect, LOOK, ERR_SQL, "inspect" },
	{ "check that this is safe", migrate_check, LOOK, ERR_SQL, "check" },
	{ "create the new table", migrate_create, DRY_RUN, ERR_CREATE,
	    "create" },
	{ "alter the new table", migrate_alter, DRY_RUN, ERR_ALTER, "alter" },
	{ "plan", migrate_plan, DRY_RUN, ERR_SQL, "plan" },
	{ "create the triggers", migrate_capture, EXECUTE, ERR_TRIGGERS,
	    "capture" },
	{ "copy the rows", migrate_copy, EXECUTE, ERR_SQL, "copy" },
	{ "compare the two tables", migrate_verify, EXECUTE, ERR_SQL,
	    "verify" },
	{ "swap the tables", migrate_swap, EXECUTE, ERR_SWAP, "swap" },
	{ "drop the triggers", migrate_release, EXECUTE, ERR_LEFT,
	    "release" },
	{ "drop the old table", migrate_drop, EXECUTE, ERR_LEFT, "drop" },
};

/* For the tests: does "before:copy" or "after:copy" say to fail here? */
static int
fail_on_demand(const struct config *cfg, const char *when, const char *key,
    struct err *e)
{
	size_t len = strlen(when);

	if (cfg->fail_at == NULL || strncmp(cfg->fail_at, when, len) != 0 ||
	    cfg->fail_at[len] != ':' ||
	    strcmp(cfg->fail_at + len + 1, key) != 0)
		return 0;
	return err_set(e, ERR_SQL, "failed %s it, as LIVEALTER_FAIL_AT asks "
	    "for", when);
}

static int
tell_step(struct migration *m, const struct step *s, struct err *e)
{
	log_step(s->title);
	if (fail_on_demand(m->cfg, "before", s->key, e) == 0 &&
	    s->run(m, e) == 0 &&
	    fail_on_demand(m->cfg, "after", s->key, e) == 0)
		return 0;
	if (e->kind == ERR_SQL)
		e->kind = s->kind;
	return err_while(e, "%s", s->title);
}

static int
tell(struct migration *m, struct err *e)
{
	enum extent to = m->cfg->execute ? EXECUTE :
	    m->cfg->dry_run ? DRY_RUN : LOOK;
	size_t i;

	for (i = 0; i < sizeof(story) / sizeof(story[0]); i++) {
		if (story[i].from > to)
			continue;
		if (stop_requested() && !m->swapped)
			return err_set(e, ERR_STOPPED, "stopped before: %s",
			    story[i].title);
		if (tell_step(m, &story[i], e) != 0)
			return -1;
	}
	if (to == LOOK) {
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
	if (migrate_undo(m, e) == 0)
		return 0;
	err_while(e, "cleaning up");
	log_error("%s", e->text);
	log_hint("these are left on the server; to remove them, run:");
	undo_print(&m->undo, stdout);
	return -1;
}

/* One migration, and what it comes to: the exit status. */
static enum err_kind
run(const struct config *cfg)
{
	struct migration m = { .cfg = cfg, .undo = UNDO_INIT };
	struct err e = { .kind = ERR_NONE };
	enum err_kind end = ERR_NONE;

	db_library_init();
	if (tell(&m, &e) != 0) {
		end = e.kind;
		log_error("%s", e.text);
		if (e.hint[0] != '\0')
			log_hint("%s", e.hint);
	}
	if (clean_up(&m, &e) != 0) {
		if (end == ERR_NONE || end == ERR_STOPPED || m.swapped)
			end = ERR_LEFT;
	} else if (m.swapped && (end == ERR_LOST || end == ERR_STOPPED)) {
		end = ERR_NONE;		/* there was only cleaning up left */
	}
	if (end == ERR_NONE || end == ERR_LEFT)
		migrate_report(&m);
	else if (!m.swapped)
		log_info("%s.%s was not altered", cfg->database, cfg->table);
	migrate_free(&m);
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

	keep_streams();
	memset(&cfg, 0, sizeof(cfg));
	rc = config_load(&cfg, argc, argv, &notes, &e);
	/* A dry run shows what it tries for real, and the plan the rest. */
	log_open(cfg.quiet, cfg.print || cfg.dry_run);
	if (notes.len > 0)
		log_info("%s", notes.s);
	if (rc == 0) {
		stop_init();
		end = run(&cfg);
	} else if (rc < 0) {
		end = e.kind;
		log_error("%s", e.text);
		log_hint("livealter --help lists the options");
	}
	str_free(&notes);
	config_free(&cfg);
	return (int)end;
}
