#include "story/story.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/event.h"
#include "base/output.h"
#include "base/stop.h"
#include "cli/command.h"
#include "steps/blocker.h"
#include "steps/mdl.h"
#include "story/moments.h"
#include "story/prove.h"
#include "story/report.h"
#include "story/throttling.h"
#include "story/undoing.h"
#include "story/watch.h"

bool
story_always(const struct migration *m)
{
	return m->swap != SWAP_DONE;
}

bool
story_plans(const struct migration *m)
{
	return !m->already && (m->cfg->dry_run || story_acts(m));
}

/* resume and revert need no --execute. */
static bool
is_for_real(const struct config *cfg)
{
	return !cfg->dry_run &&
	    (cfg->execute || cfg->command != COMMAND_ALTER);
}

bool
story_acts(const struct migration *m)
{
	return m->swap != SWAP_DONE && !m->already && is_for_real(m->cfg);
}

bool
story_ends(const struct migration *m)
{
	return is_for_real(m->cfg);
}

bool
story_swaps(const struct migration *m)
{
	return is_for_real(m->cfg) && !m->at_once && !m->already;
}

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

/*
 * Hooks may end it when there is a plan, and before the copy; before the swap
 * story/exchange.c asks them.  What the server has altered at once is done.
 */
static int
run_with_hooks(const struct story_step *s, struct migration *m, struct err *e)
{
	if (strcmp(s->key, "copy") == 0 &&
	    moments_tell(m, "before-row-copy", e) != 0)
		return -1;
	if (s->run(m, e) != 0)
		return -1;
	return (strcmp(s->key, "plan") == 0 || strcmp(s->key, "return") ==
	    0) && m->swap != SWAP_DONE && !m->at_once ?
	    moments_tell(m, "validated", e) : 0;
}

/* What is done, and what the tests ask for before and after it. */
static int
do_step(const struct story_step *s, struct migration *m, struct err *e)
{
	halt_on_demand(m->cfg, "before", s->key);
	if (fail_on_demand(m->cfg, "before", s->key, e) != 0 ||
	    run_with_hooks(s, m, e) != 0 ||
	    fail_on_demand(m->cfg, "after", s->key, e) != 0)
		return -1;
	halt_on_demand(m->cfg, "after", s->key);
	return 0;
}

static int
run_step(const struct story_step *s, struct migration *m, struct err *e)
{
	const bool tried = m->at_once || m->already;
	int rc;

	event_step(s->key, tried && s->due == story_ends ?
	    "drop the new table, which was only tried" : s->title);
	rc = do_step(s, m, e);
	event_step_end(rc == 0);
	if (rc == 0)
		return 0;
	blocker_explain(m->db, e);
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

static int
run_steps(const struct story_step *story, size_t n, struct migration *m,
    struct err *e)
{
	const struct story_step *s;

	for (s = story; s < story + n; s++) {
		if (!s->due(m))
			continue;
		if (stop_requested() && m->swap != SWAP_DONE)
			return err_set(e, ERR_STOPPED, "stopped before: %s",
			    s->title);
		if (run_step(s, m, e) != 0)
			return -1;
		/* It has connected. */
		if (s == story)
			watch_begin(m);
		if (m->swap == SWAP_DONE)
			stop_parting(leave_swapped, &m->undo);
	}
	if (m->cfg->dry_run || is_for_real(m->cfg))
		return 0;
	err_set(e, ERR_USAGE, "exiting without altering %s, because neither "
	    "--dry-run nor --execute was specified; the checks passed",
	    m->names.old.sql);
	return err_hint(e, "--dry-run shows the plan; --execute carries it "
	    "out");
}

/* However it ended, leave nothing behind that is not meant to stay. */
static int
clean_up(struct migration *m, struct err *e)
{
	if (m->unpurged) {
		undoing_print(&m->undo);
		return -1;
	}
	undoing_keep_table(m);
	if (undoing_run(m, e) == 0)
		return 0;
	err_while(e, "cleaning up");
	if (m->registry.id != 0)
		command_hint(e, m->cfg, "to remove what is left, later",
		    "cleanup", COMMAND_END);
	event_error(e);
	undoing_print(&m->undo);
	return -1;
}

/* After the steps, which have ended with e: what is left to be done. */
static enum err_kind
end_it(struct migration *m, enum err_kind end)
{
	struct err e = { .kind = ERR_NONE };

	if (prove_late(m, &e) != 0) {
		event_error(&e);
		end = e.kind;
	}
	if (end == ERR_STOPPED && undoing_keep(m))
		return ERR_KEPT;
	if (clean_up(m, &e) != 0)
		return end == ERR_NONE || m->swap == SWAP_DONE ? ERR_LEFT : end;
	/* There was only cleaning up left. */
	return m->swap == SWAP_DONE &&
	    (end == ERR_LOST || end == ERR_STOPPED) ? ERR_NONE : end;
}

enum err_kind
story_tell(const struct story_step *story, size_t n, struct config *cfg)
{
	struct migration m = MIGRATION_INIT(cfg);
	struct err e = { .kind = ERR_NONE };
	enum err_kind end = ERR_NONE;

	event_begin(cfg->name);
	stop_parting(undoing_leave, &m.undo);
	if (run_steps(story, n, &m, &e) != 0) {
		event_error(&e);
		end = e.kind;
	}
	end = end_it(&m, end);
	report_end(&m, end);
	output_flush(0);
	stop_parting(NULL, NULL);
	if (!throttling_end(&m))
		stop_leave((int)end);
	migration_free(&m);
	return end;
}

enum err_kind
story_try(const struct story_step *story, size_t n, struct config *cfg,
    struct err *e)
{
	struct migration m = MIGRATION_INIT(cfg);
	size_t i;
	int rc = 0;

	event_begin(cfg->name);
	for (i = 0; i < n && rc == 0; i++)
		rc = run_step(&story[i], &m, e);
	if (!throttling_end(&m))
		stop_leave(rc == 0 ? ERR_LOST : (int)e->kind);
	migration_free(&m);
	return rc == 0 ? ERR_NONE : e->kind;
}
