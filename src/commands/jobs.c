#include "commands/jobs.h"

#include <stdlib.h>

#include "base/catalogue.h"
#include "base/event.h"
#include "base/log.h"
#include "base/stop.h"
#include "base/util.h"
#include "cli/configure.h"
#include "cli/onlookers.h"
#include "commands/migrate.h"

struct job {
	struct config *cfg;
	struct err err;		/* of its check */
};

struct jobs {
	struct job *job;
	const char **name;
	size_t n;
};

static void
list_jobs(struct jobs *js, struct config *first)
{
	struct config *c;

	for (c = first; c != NULL; c = c->next) {
		js->job = xrealloc(js->job, js->n + 1, sizeof(*js->job));
		js->name = xrealloc(js->name, js->n + 1, sizeof(*js->name));
		js->job[js->n] = (struct job){ .cfg = c };
		js->name[js->n++] = c->name;
	}
}

/* stop_parting_fn: nothing was made. */
static int
leave_checking(void *arg)
{
	(void)arg;
	return ERR_STOPPED;
}

/* Is the table what another job makes of it? */
static bool
is_changed_before(const struct jobs *js, size_t i)
{
	const struct config *c = js->job[i].cfg, *was;
	size_t k;

	for (k = 0; k < i; k++) {
		was = js->job[k].cfg;
		if (same_text(was->database, c->database) &&
		    same_text(was->table, c->table) &&
		    configure_same_login(was, c))
			return true;
	}
	return false;
}

static enum err_kind
check_job(struct job *j)
{
	if (onlookers_check(j->cfg, &j->err) != 0)
		return j->err.kind;
	return migrate_try(j->cfg, &j->err);
}

/*
 * What is wrong with the last one is not to come out after hours.  Returns the
 * worst status.
 */
static enum err_kind
check_jobs(struct jobs *js)
{
	enum err_kind end, worst = ERR_NONE;
	size_t i;

	event_mute(true);
	stop_parting(leave_checking, NULL);
	for (i = 0; i < js->n && !stop_came(); i++) {
		if (is_changed_before(js, i))
			continue;
		end = check_job(&js->job[i]);
		if (end != ERR_NONE)
			event_error(&js->job[i].err);
		worst = catalogue_worse(worst, end);
	}
	event_begin(NULL);
	event_mute(false);
	stop_parting(NULL, NULL);
	return worst;
}

/* None of them begins. */
static void
drop_jobs(const struct jobs *js)
{
	const struct err *e;
	size_t i;

	for (i = 0; i < js->n; i++) {
		e = &js->job[i].err;
		event_job_end(false, e->kind, e->kind != ERR_NONE ? e : NULL);
	}
}

static enum err_kind
run_jobs(const struct jobs *js, enum err_kind worst,
    enum err_kind (*run)(struct config *cfg, void *arg), void *arg)
{
	const struct err *e;
	enum err_kind end;
	size_t i;

	for (i = 0; i < js->n && !stop_came(); i++) {
		e = &js->job[i].err;
		if (e->kind != ERR_NONE) {
			event_job_end(false, e->kind, e);
			continue;
		}
		end = run(js->job[i].cfg, arg);
		event_job_end(true, end, NULL);
		worst = catalogue_worse(worst, end);
		if (end != ERR_NONE && !js->job[i].cfg->keep_going)
			break;
		stop_renew();
	}
	return i < js->n && stop_came() ?
	    catalogue_worse(worst, ERR_STOPPED) : worst;
}

enum err_kind
jobs_run(struct config *first,
    enum err_kind (*run)(struct config *cfg, void *arg), void *arg)
{
	struct jobs js = { .n = 0 };
	enum err_kind worst;

	list_jobs(&js, first);
	event_begin(NULL);
	event_jobs(js.name, js.n);
	worst = check_jobs(&js);
	if (worst != ERR_NONE && !first->keep_going)
		drop_jobs(&js);
	else
		worst = run_jobs(&js, worst, run, arg);
	free(js.job);
	free(js.name);
	return worst;
}
