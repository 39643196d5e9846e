#include "commands/watching.h"

#include <stdlib.h>
#include <string.h>

#include "base/catalogue.h"
#include "base/event.h"
#include "base/gauge.h"
#include "base/print.h"
#include "base/screen.h"
#include "base/stop.h"
#include "base/util.h"
#include "cli/command.h"
#include "commands/looking.h"
#include "commands/showing.h"
#include "commands/status.h"
#include "server/db.h"
#include "server/server.h"
#include "steps/advisory_lock.h"
#include "steps/privileges.h"
#include "steps/registry.h"
#include "story/connect.h"

#define EVERY	1.0	/* seconds between two looks */
#define SLICE	0.2	/* seconds until a terminal's new size is seen */
#define PATIENCE 10	/* seconds for an answer: a server that stands still is
			   one that cannot be reached */
#define SLOWEST	8.0	/* seconds between two tries to connect */

static const char goes_on[] = "interrupted: this ends the watching only, and "
    "the migration goes on as before";

struct watching {
	const struct config *cfg;
	struct db *db;
	struct server server;
	struct looking seen;
	struct gauge rate;
	char *verb;		/* of what it is the rate */
	struct screen screen;
	struct str news;	/* of the last line */
	double told;		/* when that was said */
	double lost;		/* now_s(), when the connection broke; 0: no */
	double pause, again;	/* until the next try, and when that is */
	struct err why;		/* of the last one */
};

/* stop_parting_fn: a question hangs. */
static int
leave(void *arg)
{
	struct err e = { .kind = ERR_NONE };

	(void)arg;
	err_set(&e, ERR_STOPPED, "%s", goes_on);
	event_error(&e);
	return ERR_STOPPED;
}

/* --- which one ------------------------------------------------------------*/

static int
refuse_several(const struct watching *w, const struct str *hint,
    struct err *e)
{
	err_set(e, ERR_REFUSED, "several migrations of database %s run",
	    w->cfg->database);
	return err_hint(e, "%s", hint->s);
}

/* Adds how to watch one, if it runs: 1, or 0; or -1 with *e. */
static int
is_running(struct watching *w, const struct registry_row *r,
    struct str *hint, struct err *e)
{
	const char *name = r->field[REGISTRY_TABLE];
	struct qname table;
	char *who = NULL;

	if (qname_set(&table, w->cfg->database, name, e) != 0 ||
	    advisory_lock_holder(w->db, &table, &who, e) != 0)
		return -1;
	if (who != NULL) {
		str_addf(hint, "%sto watch %s: ", hint->len > 0 ? ERR_LINE :
		    "", table.sql);
		command_add(hint, w->cfg, "watch", name);
	}
	free(who);
	return who != NULL;
}

/* The one that runs, or, where none does, the only one that there is. */
static int
choose(struct watching *w, struct registry_row *row, struct err *e)
{
	struct registry_row *r = NULL;
	struct str hint = STR_INIT;
	struct qname any;
	size_t i, n = 0, running = 0, which = 0;
	int rc;

	if (qname_set(&any, w->cfg->database, "_", e) != 0)
		return -1;
	rc = registry_list(&r, &n, w->db, &any.db, e);
	for (i = 0; rc >= 0 && i < n; i++) {
		rc = is_running(w, &r[i], &hint, e);
		if (rc == 1 && running++ == 0)
			which = i;
	}
	if (rc >= 0 && running > 1)
		rc = refuse_several(w, &hint, e);
	else if (rc >= 0)
		rc = running == 1 || n == 1;
	if (rc == 1) {
		*row = r[which];
		memset(&r[which], 0, sizeof(r[which]));
	}
	for (i = 0; i < n; i++)
		registry_row_free(&r[i]);
	free(r);
	str_free(&hint);
	return rc;
}

/* 1, 0 when none is known, or -1 with *e. */
static int
begin(struct watching *w, struct err *e)
{
	struct registry_row row;
	struct qname table;
	int rc;

	memset(&row, 0, sizeof(row));
	if (w->cfg->table == NULL)
		rc = choose(w, &row, e);
	else
		rc = qname_set(&table, w->cfg->database, w->cfg->table,
		    e) != 0 ? -1 : registry_find(&row, w->db, &table, e);
	if (rc == 1 && (qname_set(&table, w->cfg->database,
	    row.field[REGISTRY_TABLE], e) != 0 ||
	    looking_begin(&w->seen, w->db, &table, &row, e) != 0))
		rc = -1;
	registry_row_free(&row);
	return rc;
}

/* --- looking --------------------------------------------------------------*/

static void
lose(struct watching *w, const struct err *e)
{
	if (!(w->lost > 0)) {
		w->lost = now_s();
		w->pause = EVERY;
	}
	w->why = *e;
	w->again = now_s() + w->pause;
	w->pause = 2 * w->pause < SLOWEST ? 2 * w->pause : SLOWEST;
}

/* 0; or -1 with *e, when it is not tried again. */
static int
reconnect(struct watching *w, struct err *e)
{
	struct err why = { .kind = ERR_NONE };

	if (now_s() < w->again)
		return 0;
	if (db_reopen(w->db, &why) == 0 &&
	    server_recognize(w->db, &why) == 0) {
		w->lost = 0;
		looking_reconnected(&w->seen);
		return 0;
	}
	if ((why.kind == ERR_LOST && why.sqlno == 0) ||
	    now_s() - w->lost > w->cfg->login.reconnect_for) {
		*e = why;
		e->kind = ERR_LOST;
		return -1;
	}
	lose(w, &why);
	return 0;
}

static void
take_rate(struct watching *w)
{
	struct progress p;

	looking_progress(&w->seen, &p);
	if (!same_text(p.verb, w->verb)) {
		free(w->verb);
		w->verb = xstrdup_null(p.verb);
		gauge_reset(&w->rate);
	}
	/* What is not in the row itself comes by jerks, with its own time. */
	if (p.verb != NULL)
		gauge_add(&w->rate, looking_is_young(&w->seen) ? now_s() :
		    p.seconds, p.done);
}

static int
look(struct watching *w, struct err *e)
{
	struct err why = { .kind = ERR_NONE };

	if (w->lost > 0 && reconnect(w, e) != 0)
		return -1;
	if (w->lost > 0)
		return 0;
	if (looking_again(&w->seen, &why) == 0) {
		take_rate(w);
		return 0;
	}
	if (why.kind != ERR_LOST) {
		*e = why;
		privileges_blame(w->db, &w->seen.table, PRIVILEGES_SEE, e);
		return -1;
	}
	lose(w, &why);
	return 0;
}

/* --- showing --------------------------------------------------------------*/

static void
put_line(struct watching *w, const struct showing *view)
{
	const double every = w->cfg->progress_by == PROGRESS_TIME ?
	    w->cfg->progress_every : 30;
	struct str news = STR_INIT, line = STR_INIT;

	showing_news(&news, view);
	if (strcmp(news.s, w->news.s) != 0 || now_s() - w->told >= every) {
		showing_line(&line, view);
		screen_put(&w->screen, &line);
		w->told = now_s();
	}
	str_free(&w->news);
	w->news = news;
}

static void
show(struct watching *w, bool again)
{
	const struct showing view = { &w->seen, &w->rate,
	    w->lost > 0 ? now_s() - w->lost : 0,
	    w->lost > 0 ? w->why.text : NULL };
	struct str line = STR_INIT;

	if (w->cfg->output == OUTPUT_JSON) {
		if (!again)
			showing_json(&line, &view);
		if (line.len > 0)
			screen_put(&w->screen, &line);
	} else if (w->screen.live) {
		showing_frame(&w->screen, &view);
		screen_draw(&w->screen);
	} else if (!w->cfg->quiet && !again) {
		put_line(w, &view);
	}
}

/* Until the next look; true: it is enough. */
static bool
wait_a_while(struct watching *w)
{
	double until = now_s() + EVERY;

	while (now_s() < until) {
		if (stop_sleep(SLICE) || screen_is_gone())
			return true;
		if (screen_resized(&w->screen))
			show(w, true);
	}
	return false;
}

static int
tell_end(struct watching *w, struct err *e)
{
	const struct looking *l = &w->seen;
	struct str line = STR_INIT;

	if (w->cfg->output == OUTPUT_JSON)
		showing_json_end(&line, l);
	else if (l->status == ERR_NONE && !w->cfg->quiet)
		print_line(&line, "%s: %s.", l->table.sql,
		    showing_end(l->end));
	if (line.len > 0)
		screen_put(&w->screen, &line);
	if (l->status == ERR_NONE)
		return 0;
	err_set(e, l->status, "%s: %s (exit status %u, %s)", l->table.sql,
	    showing_end(l->end), (unsigned int)l->status,
	    catalogue_find(l->status)->name);
	return l->end == LOOKING_UNDONE ? -1 :
	    command_hint_status(e, w->cfg, "to see what is there");
}

static int
watch(struct watching *w, struct err *e)
{
	bool enough = false;

	while (!enough && w->seen.end == LOOKING_GOES_ON) {
		if (look(w, e) != 0)
			return -1;
		if (w->seen.end == LOOKING_GOES_ON) {
			show(w, false);
			enough = wait_a_while(w);
		}
	}
	if (!enough)
		return tell_end(w, e);
	return err_set(e, ERR_STOPPED, "%s", stop_requested() ? goes_on :
	    "nobody can see any more what is shown");
}

int
watching_run(struct config *cfg, struct err *e)
{
	struct watching w = { .cfg = cfg, .screen = SCREEN_INIT,
	    .news = STR_INIT };
	int rc;

	if (cfg->login.patience == 0)
		cfg->login.patience = PATIENCE;
	rc = connect_first(&w.db, &w.server, cfg, "watch", e) != 0 ? -1 :
	    begin(&w, e);
	if (rc == 1) {
		/* One signal is enough, and what is said of it is this. */
		stop_acknowledge();
		stop_parting(leave, NULL);
		event_mute(true);
		screen_open(&w.screen);
		if (cfg->output == OUTPUT_JSON)
			w.screen.live = false;
		rc = watch(&w, e);
		event_mute(false);
		screen_close(&w.screen);
		looking_free(&w.seen);
	} else if (rc == 0) {
		rc = 2;
	}
	free(w.verb);
	str_free(&w.news);
	server_free(&w.server);
	db_close(w.db);
	return rc == 2 ? status_run(cfg, e) : rc;
}
