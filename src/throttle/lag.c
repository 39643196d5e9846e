#include "throttle/lag.h"

#include <stdlib.h>

#include "base/event.h"
#include "base/log.h"
#include "base/util.h"
#include "throttle/link.h"

#define HOLDS	(HOLD_WRITE | HOLD_SWAP)
#define BLIND	15.0	/* seconds without an answer */
#define GRACE	5.0	/* seconds in which a replica may come back */
#define ASK	2.0	/* seconds between two questions for its threads */

struct lag {
	struct link link;
	struct replica *replica;
	const struct lag_limits *limits;
	struct str question;		/* for the heartbeat there */
	double failing;			/* since (now_s()); 0: it answers */
	bool lost;			/* the last look found it so */
	double asked;			/* for its threads, when */
	/* The last that is known: */
	bool stopped, connecting;
	unsigned int channels;		/* that count */
	struct str why;
	double delay;			/* seconds, on purpose */
	double says;			/* how far behind; below 0: unknown */
};

/* --- asking ---------------------------------------------------------------*/

/* One that came back may be another one. */
static int
open_link(struct lag *l, struct err *e)
{
	struct replica *r = l->replica;
	struct db *db;

	if (l->link.db != NULL)
		return 0;
	if (r->server.id != NULL)
		return link_open(&l->link, e) != 0 ||
		    server_recognize(l->link.db, e) != 0 ? -1 : 0;
	if (replica_open(r, e) != 0)
		return -1;
	db = r->db;
	r->db = NULL;
	return link_adopt(&l->link, db, e);
}

/* How far behind by the heartbeat, which may not be there, or not for us. */
static int
ask_heartbeat(struct lag *l, double *behind, struct err *e)
{
	char *seen = NULL;

	*behind = -1;
	if (db_value(l->link.db, &seen, e, "%s", l->question.s) != 0) {
		if (e->kind != ERR_SQL)
			return -1;
		e->kind = ERR_NONE;
		return 0;
	}
	if (seen != NULL)
		*behind = beats_behind(l->limits->beats,
		    strtoll(seen, NULL, 10));
	free(seen);
	return 0;
}

static void
take_state(struct lag *l, const struct replica_state *s)
{
	l->stopped = s->stopped;
	l->connecting = s->connecting;
	l->delay = s->delay;
	l->channels = s->n_channels;
	l->says = s->behind;
	str_reset(&l->why);
	if (s->replicates || l->replica->member) {
		str_addz(&l->why, s->why.s);
	} else {
		str_addz(&l->why, "it is no replica any more");
		l->stopped = true;
	}
}

/*
 * Its threads, now and then, or when there is something to be explained.
 * Without the privilege to ask, the heartbeat alone has to do.
 */
static int
ask_threads(struct lag *l, double behind, struct err *e)
{
	struct replica_state s = REPLICA_STATE_INIT;
	double now = now_s();
	int rc = 0;

	if (behind >= 0 && behind <= l->limits->most && l->asked > 0 &&
	    now - l->asked < ASK)
		return 0;
	l->asked = now;
	rc = l->replica->member ? replica_ask_member(&s, l->link.db, e) :
	    replica_ask(&s, l->link.db, l->limits->channel, e);
	if (rc == 0) {
		take_state(l, &s);
	} else if (e->kind == ERR_SQL && behind >= 0) {
		e->kind = ERR_NONE;
		rc = 0;
	}
	replica_state_free(&s);
	return rc;
}

/* --- judging --------------------------------------------------------------*/

int
lag_hint(const struct replica *r, unsigned int channels, const char *channel,
    struct err *e)
{
	return err_hint(e, "--no-fail-on-stopped-replication waits for it "
	    "instead; --skip-check-replica-lag h=%s,P=%u does without it%s",
	    r->login.host, r->login.port, channels > 1 && channel == NULL ?
	    "; with --channel only one of its channels counts" : "");
}

static int
condemn(const struct lag *l, struct err *e)
{
	return lag_hint(l->replica, l->channels, l->limits->channel, e);
}

static int
judge_stopped(const struct lag *l, struct verdict *v, struct err *e)
{
	if (names_mentions(l->limits->names, l->why.s)) {
		err_set(e, ERR_LIMIT, "replication on %s has stopped at what "
		    "this run has written: %s", l->replica->name, l->why.s);
		return err_hint(e, "it does not go on by itself; after it was "
		    "repaired, see whether its tables still have the rows of "
		    "the source's");
	}
	if (l->limits->fail) {
		err_set(e, ERR_LIMIT, "replication on %s has stopped: %s",
		    l->replica->name, l->why.s);
		return condemn(l, e);
	}
	v->holds = HOLDS;
	str_addf(&v->what, "replication on %s to go on: %s", l->replica->name,
	    l->why.s);
	return 0;
}

static void
judge_lag(const struct lag *l, double behind, struct verdict *v)
{
	const char *name = l->replica->name;
	const double most = l->limits->most;
	struct str *near;

	behind = behind > l->delay ? behind - l->delay : 0;
	near = source_uses(v, most > 0 ? behind / most : behind);
	event_measure(EVENT_LAG, name, behind, most);
	if (near != NULL)
		str_addf(near, "replica %s is %.1f s behind, and %.15g s is "
		    "the limit", name, behind, most);
	if (behind <= l->limits->most)
		return;
	v->holds = HOLDS;
	str_addf(&v->what, "replica %s, %.1f s behind%s%s", name, behind,
	    l->connecting ? ": " : "", l->connecting ? l->why.s : "");
}

/* Neither the heartbeat nor its own figure: it is not known how far. */
static void
judge_unknown(const struct lag *l, struct verdict *v)
{
	v->holds = HOLDS;
	str_addf(&v->what, "replica %s to tell how far behind it is%s%s",
	    l->replica->name, l->why.len > 0 ? ": " : "", l->why.s);
}

/* Somebody has taken it out of the table of replicas. */
static bool
is_out(const struct lag *l)
{
	return l->replica->listed && l->limits->roster != NULL &&
	    !roster_has(l->limits->roster, l->replica->name);
}

/* It cannot be asked; began: since when. */
static int
unanswered(struct lag *l, double began, struct verdict *v, struct err *e)
{
	struct err why = *e;

	if (l->link.db != NULL)
		link_close(&l->link);
	if (!(l->failing > 0))
		l->failing = began;
	if (l->limits->fail && !is_out(l) &&
	    now_s() - l->failing >= GRACE) {
		err_set(e, ERR_LIMIT, "replica %s does not answer: %s",
		    l->replica->name, why.text);
		return condemn(l, e);
	}
	e->kind = ERR_NONE;
	v->holds = HOLDS;
	str_addf(&v->what, "replica %s to answer: %s", l->replica->name,
	    why.text);
	return 0;
}

static int
look(void *arg, struct verdict *v, struct err *e)
{
	struct lag *l = arg;
	double began = now_s(), behind;

	if (is_out(l)) {
		link_close(&l->link);
		l->failing = 0;
		return 0;
	}
	if (open_link(l, e) != 0 || ask_heartbeat(l, &behind, e) != 0 ||
	    ask_threads(l, behind, e) != 0) {
		/* A privilege is missing: it waits, and says which. */
		if (e->kind == ERR_SQL)
			return 1;
		return unanswered(l, began, v, e);
	}
	l->failing = 0;
	if (l->stopped)
		return judge_stopped(l, v, e);
	if (behind < 0)
		behind = l->says;
	if (behind < 0)
		judge_unknown(l, v);
	else
		judge_lag(l, behind, v);
	return 0;
}

static void
cut(void *arg)
{
	struct lag *l = arg;

	link_cut(&l->link);
}

static void
free_lag(void *arg)
{
	struct lag *l = arg;

	link_free(&l->link);
	str_free(&l->question);
	str_free(&l->why);
	free(l);
}

void
lag_source(struct source *s, struct replica *r,
    const struct lag_limits *limits)
{
	struct lag *l = xcalloc(1, sizeof(*l));
	struct str name = STR_INIT;

	link_init(&l->link, &r->server, "lag");
	l->link.db = r->db;
	r->db = NULL;
	l->replica = r;
	l->limits = limits;
	l->question = l->why = (struct str)STR_INIT;
	l->says = -1;
	beats_question(&l->question, limits->beats);
	str_addf(&name, "replica %s", r->name);
	*s = (struct source){ .name = str_take(&name),
	    .every = limits->every, .may_hold = HOLDS,
	    .blind = BLIND + limits->every,
	    .look = look, .cut = cut, .free = free_lag, .arg = l };
}
