#include "story/watch.h"

#include "base/event.h"
#include "base/stop.h"
#include "base/util.h"
#include "base/waits.h"
#include "steps/advisory_lock.h"
#include "steps/capture.h"
#include "story/throttling.h"
#include "story/unchanged.h"

/* Somebody has locked the table: it will be looked at again. */
bool
watch_is_locked_out(struct err *e)
{
	if (!db_class_conflict(e))
		return false;
	e->kind = ERR_NONE;
	return true;
}

/* Keep other livealters out, on a new connection if need be. */
static int
keep(struct migration *m, struct err *e)
{
	int rc = advisory_lock_keep(m->db, &m->names.old, e);

	m->reconnected = m->reconnected || rc == 1;
	m->doubted = m->doubted || (rc == 1 && m->plan.by_key);
	return rc < 0 ? -1 : 0;
}

/*
 * While others work, the main connection keeps other livealters out, and sees
 * that the triggers are there and have nothing to complain about.
 */
static int
beat_once(struct migration *m, struct err *e)
{
	struct waits waits;
	int rc;

	if (throttling_retry(m, e) != 0 || keep(m, e) != 0)
		return -1;
	event_waits(&waits);
	rc = registry_beat(&m->registry, m->db, &waits, e);
	waits_free(&waits);
	return rc;
}

/* It cannot be made anew here: whoever waits with it finds that out. */
static void
beat_waiting(void *arg)
{
	struct migration *m = arg;
	struct err ignored = { .kind = ERR_NONE };
	struct waits waits;

	event_waits(&waits);
	registry_beat(&m->registry, m->db, &waits, &ignored);
	waits_free(&waits);
}

void
watch_begin(struct migration *m)
{
	*db_beat(m->db) = (struct db_beat){ beat_waiting, m };
}

#define LOOKS_SHARE	50	/* a look takes one part of the time at most */

/* It may take long where there are very many tables. */
static int
look(struct migration *m, struct err *e)
{
	double began = now_s();

	if (began < m->look_after)
		return 0;
	if (unchanged_look(m, e) != 0 && !watch_is_locked_out(e))
		return -1;
	m->look_after = began + LOOKS_SHARE * (now_s() - began);
	return 0;
}

static int
watch_once(struct migration *m, struct err *e)
{
	if (beat_once(m, e) != 0)
		return -1;
	if (capture_intact(m->db, &m->plan, &m->triggers, e) != 0)
		return watch_is_locked_out(e) ? 0 : -1;
	return look(m, e);
}

/* While we alter the new table ourselves, it is not looked at. */
static int
watch_but_tables(struct migration *m, struct err *e)
{
	if (beat_once(m, e) != 0)
		return -1;
	return capture_intact(m->db, &m->plan, &m->triggers, e) != 0 &&
	    !watch_is_locked_out(e) ? -1 : 0;
}

#define LOSSES 10	/* one after the other */

/* The connection that advisory_lock_keep() has found alive may break in the
 * next moment, and that it has made anew, too. */
static int
persist(struct migration *m, int (*once)(struct migration *m, struct err *e),
    struct err *e)
{
	int i, rc;

	for (i = 0; (rc = once(m, e)) != 0; i++)
		if (e->kind != ERR_LOST || i >= LOSSES || stop_requested())
			break;
	return rc;
}

int
watch_tables(void *arg, struct err *e)
{
	return persist(arg, watch_once, e);
}

int
watch_triggers(void *arg, struct err *e)
{
	return persist(arg, watch_but_tables, e);
}

int
watch_alone(void *arg, struct err *e)
{
	return persist(arg, beat_once, e);
}

int
watch_persist(struct migration *m,
    int (*once)(struct migration *m, struct err *e), struct err *e)
{
	int i, rc;

	for (i = 0; (rc = once(m, e)) < 0; i++)
		if (e->kind != ERR_LOST || i >= LOSSES || stop_requested() ||
		    keep(m, e) != 0)
			break;
	return rc;
}

/*
 * What a state is for a revert, of which it is enough to know on which side
 * of its swap it is.  It is ended by cleanup alone: a revert that fails takes
 * back what it has tried, and no more.
 */
static enum migration_state
reverting_state(const struct migration *m, enum migration_state state)
{
	return state == STATE_CLEANING ? STATE_REVERTED :
	    state == STATE_PROVING ? STATE_PROVING_BACK :
	    state == STATE_UNDOING && m->cfg->command == COMMAND_CLEANUP ?
	    STATE_ENDING : STATE_REVERTING;
}

int
watch_state(struct migration *m, enum migration_state state, struct err *e)
{
	int i, rc;

	if (m->reverting)
		state = reverting_state(m, state);
	for (i = 0; (rc = registry_state(&m->registry, m->db, state, e)) != 0;
	    i++)
		if (e->kind != ERR_LOST || i >= LOSSES || keep(m, e) != 0)
			break;
	return rc;
}

struct walk_watch
watch_walk(struct migration *m, int (*watch)(void *arg, struct err *e))
{
	const struct walk_watch w = { watch, m, throttling_gate(m) };

	return w;
}
