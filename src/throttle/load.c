#include "throttle/load.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/event.h"
#include "base/limit.h"
#include "base/list.h"
#include "base/log.h"
#include "base/stop.h"
#include "base/util.h"
#include "throttle/crew.h"
#include "throttle/link.h"

#define EVERY	1.0	/* seconds between two looks, at least: SHOW STATUS
			   is dearer than what a replica is asked */
#define BLIND	15.0	/* seconds */

#define RUNNING		"Threads_running"
#define CONNECTED	"Threads_connected"

struct watched {
	struct limit limit;
	bool critical;
	double is;
	double from;			/* the span up to the limit begins */
};

struct load {
	struct link link;
	struct watched *one;
	size_t n;
	bool counts_ours;		/* some limit is of connections */
	double hibernate;		/* seconds; 0: critical ends the run */
	double wakes;			/* from hibernation; now_s() */
	unsigned int critical;		/* looks that found it, in a row */
};

static void
add_limits(struct load *l, const char *list, bool critical)
{
	const char *rest = list == NULL || *list == '\0' ? NULL : list;
	struct watched *w;
	char *item;

	while (rest != NULL) {
		item = list_next(&rest);
		l->one = xrealloc(l->one, l->n + 1, sizeof(*l->one));
		w = &l->one[l->n];
		*w = (struct watched){ .critical = critical };
		if (limit_parse(&w->limit, item) == NULL)
			l->n++;
		free(item);
	}
}

static void
init(struct load *l, const struct config *cfg)
{
	size_t i;

	*l = (struct load){ .hibernate = cfg->critical_load_hibernate };
	add_limits(l, cfg->max_load, false);
	add_limits(l, cfg->critical_load, true);
	for (i = 0; i < l->n; i++)
		if (strcasecmp(l->one[i].limit.name, RUNNING) == 0 ||
		    strcasecmp(l->one[i].limit.name, CONNECTED) == 0)
			l->counts_ours = true;
}

/* --- asking ----------------------------------------------------------------*/

/* How many of the connections are livealter's, by the lock that each holds. */
struct ours {
	double connected, running;
};

static int
ask_ours(struct ours *o, struct db *db, struct err *e)
{
	struct rows r = ROWS_INIT;
	int rc = db_row(db, &r, "vv", e, "SELECT COUNT(*), "
	    "IFNULL(SUM(COMMAND <> 'Sleep'), 0) FROM "
	    "information_schema.PROCESSLIST WHERE "
	    "IS_USED_LOCK(CONCAT('livealter session ', ID)) = ID");

	if (rc == 0) {
		o->connected = strtod(r.cell[0][0], NULL);
		o->running = strtod(r.cell[0][1], NULL);
	}
	rows_free(&r);
	return rc;
}

static int
take_value(struct watched *w, const struct rows *r, const struct ours *o,
    struct err *e)
{
	const char *text = NULL;
	char *end;
	double ours;
	size_t i;

	for (i = 0; i < r->n; i++)
		if (strcasecmp(r->cell[i][0], w->limit.name) == 0)
			text = r->cell[i][1];
	if (text == NULL)
		return err_set(e, ERR_USAGE, "the server has no status "
		    "variable %s, which %s names", w->limit.name,
		    w->critical ? "--critical-load" : "--max-load");
	w->is = strtod(text, &end);
	if (end == text || *end != '\0')
		return err_set(e, ERR_USAGE, "the status variable %s is no "
		    "number, but \"%.60s\"", w->limit.name, text);
	ours = strcasecmp(w->limit.name, RUNNING) == 0 ? o->running :
	    strcasecmp(w->limit.name, CONNECTED) == 0 ? o->connected : 0;
	w->is = w->is > ours ? w->is - ours : 0;
	return 0;
}

static int
ask(struct load *l, struct db *db, struct err *e)
{
	struct ours ours = { 0, 0 };
	struct rows r = ROWS_INIT;
	struct str q = STR_INIT;
	size_t i;
	int rc;

	str_addz(&q, "SHOW GLOBAL STATUS WHERE Variable_name IN (");
	for (i = 0; i < l->n; i++) {
		str_addz(&q, i > 0 ? ", " : "");
		db_literal(&q, db, l->one[i].limit.name);
	}
	str_addz(&q, ")");
	rc = l->counts_ours ? ask_ours(&ours, db, e) : 0;
	if (rc == 0)
		rc = db_rows(db, &r, "v?", e, "%s", q.s);
	for (i = 0; i < l->n && rc == 0; i++)
		rc = take_value(&l->one[i], &r, &ours, e);
	rows_free(&r);
	str_free(&q);
	return rc;
}

/* --- judging ---------------------------------------------------------------*/

/* What "+20 %" and "twice" are; of little, a little more. */
static void
settle(struct load *l, bool tell)
{
	struct watched *w;
	double is;
	size_t i;

	for (i = 0; i < l->n; i++) {
		w = &l->one[i];
		if (w->limit.most > 0)
			continue;
		w->from = is = w->is;
		w->limit.most = w->critical ? is * 2 : is + is / 5;
		if (w->limit.most < is + (w->critical ? 2 : 1))
			w->limit.most = is + (w->critical ? 2 : 1);
		if (tell)
			log_info("%s: %s is %.15g now, and its limit %.15g",
			    w->critical ? "--critical-load" : "--max-load",
			    w->limit.name, is, w->limit.most);
	}
}

static const struct watched *
reached(const struct load *l, bool critical)
{
	const struct watched *w;
	size_t i;

	for (i = 0; i < l->n; i++) {
		w = &l->one[i];
		if (w->critical == critical && w->limit.most > 0 &&
		    w->is >= w->limit.most)
			return w;
	}
	return NULL;
}

/* How much of its limit is used: of one that follows from the first look, of
 * what was added to that. */
static double
used(const struct watched *w)
{
	return w->limit.most > w->from ? (w->is - w->from) /
	    (w->limit.most - w->from) : 0;
}

static bool
is_near(const struct load *l)
{
	size_t i;

	for (i = 0; i < l->n; i++)
		if (used(&l->one[i]) >= CREW_NEAR)
			return true;
	return false;
}

static void
tell_figures(const struct load *l)
{
	struct str of = STR_INIT;
	const struct watched *w;
	size_t i;

	for (i = 0; i < l->n; i++) {
		w = &l->one[i];
		str_reset(&of);
		str_addf(&of, "Load: %s", w->limit.name);
		event_measure(of.s, w->critical ? "--critical-load" :
		    "--max-load", w->is, w->limit.most);
	}
	str_free(&of);
}

/*
 * A statement of ours that began or ended between the two questions counts as
 * somebody else's: what is too much, or nearly so, is asked for again.
 */
static int
ask_twice(struct load *l, struct db *db, bool tell, struct err *e)
{
	if (ask(l, db, e) != 0)
		return -1;
	settle(l, tell);
	if (is_near(l) && ask(l, db, e) != 0)
		return -1;
	tell_figures(l);
	return 0;
}

static int
end_run(const struct watched *w, struct err *e)
{
	err_set(e, ERR_LIMIT, "the load is critical: %s is %.15g, and "
	    "--critical-load ends the run at %.15g", w->limit.name, w->is,
	    w->limit.most);
	return err_hint(e, "run it at a quieter time, or raise the limit; "
	    "--critical-load-hibernate=SECONDS waits instead");
}

static void
wait_for(struct verdict *v, const struct watched *w)
{
	v->holds = HOLD_WALK | HOLD_SWAP;
	str_addf(&v->what, "%s%s to be below %.15g (it is %.15g)",
	    v->what.len > 0 ? "; and " : "", w->limit.name, w->limit.most,
	    w->is);
}

/* Fewer workers close no connections, and ours are not counted anyway. */
static void
tell_used(struct verdict *v, const struct watched *w)
{
	struct str *near = strcasecmp(w->limit.name, CONNECTED) == 0 ? NULL :
	    source_uses(v, used(w));

	if (near != NULL)
		str_addf(near, "%s is %.15g, and its limit %.15g",
		    w->limit.name, w->is, w->limit.most);
}

static bool
hibernates(const struct load *l, struct verdict *v)
{
	double left = l->wakes - now_s();
	struct str *near;

	if (!(left > 0))
		return false;
	v->holds = HOLD_WALK | HOLD_SWAP;
	v->in = left;
	near = source_uses(v, 1);
	if (near != NULL)
		str_addz(near, "the load was critical");
	str_addf(&v->what, "the end of --critical-load-hibernate, in %.0f s",
	    left);
	return true;
}

static int
judge(struct load *l, struct verdict *v, struct err *e)
{
	const struct watched *w = reached(l, true);
	size_t i;

	l->critical = w != NULL ? l->critical + 1 : 0;
	if (w != NULL && l->hibernate > 0) {
		log_warn("the load is critical: %s is %.15g; waiting for "
		    "%.15g s, as --critical-load-hibernate asks for",
		    w->limit.name, w->is, l->hibernate);
		l->wakes = now_s() + l->hibernate;
		l->critical = 0;
		hibernates(l, v);
		return 0;
	}
	if (l->critical > 1)
		return end_run(w, e);
	for (i = 0; i < l->n; i++)
		tell_used(v, &l->one[i]);
	for (i = 0; i < l->n; i++)
		if (l->one[i].limit.most <= l->one[i].is &&
		    (!l->one[i].critical || &l->one[i] == w))
			wait_for(v, &l->one[i]);
	return 0;
}

/* --- the source ------------------------------------------------------------*/

static int
look(void *arg, struct verdict *v, struct err *e)
{
	struct load *l = arg;

	if (hibernates(l, v))
		return 0;
	if (link_open(&l->link, e) != 0)
		return 1;
	if (ask_twice(l, l->link.db, true, e) != 0) {
		link_close(&l->link);
		return 1;
	}
	return judge(l, v, e);
}

static void
cut(void *arg)
{
	struct load *l = arg;

	link_cut(&l->link);
}

static void
free_load(void *arg)
{
	struct load *l = arg;

	link_free(&l->link);
	free(l->one);
	free(l);
}

bool
load_is_limited(const struct config *cfg)
{
	return (cfg->max_load != NULL && *cfg->max_load != '\0') ||
	    (cfg->critical_load != NULL && *cfg->critical_load != '\0');
}

void
load_source(struct source *s, const struct config *cfg,
    const struct server *server)
{
	struct load *l = xcalloc(1, sizeof(*l));
	double every = cfg->check_interval > EVERY ? cfg->check_interval :
	    EVERY;

	init(l, cfg);
	link_init(&l->link, server, "load");
	*s = (struct source){ .name = xstrdup("the load of the server"),
	    .every = every, .may_hold = HOLD_WALK | HOLD_SWAP,
	    .blind = BLIND + every, .look = look, .cut = cut, .free = free_load,
	    .arg = l };
}

int
load_check(struct db *db, const struct config *cfg, struct err *e)
{
	const struct watched *w;
	struct load l;
	int rc = 0;

	if (!load_is_limited(cfg))
		return 0;
	init(&l, cfg);
	rc = ask_twice(&l, db, false, e);
	w = reached(&l, true);
	if (rc == 0 && w != NULL && !cfg->dry_run && !(l.hibernate > 0)) {
		if (!stop_sleep(EVERY))
			rc = ask_twice(&l, db, false, e);
		w = reached(&l, true);
		if (rc == 0 && w != NULL)
			rc = end_run(w, e);
	}
	free(l.one);
	return rc;
}
