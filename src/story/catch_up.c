#include "story/catch_up.h"

#include "base/stop.h"
#include "base/util.h"
#include "model/journal.h"
#include "server/session.h"
#include "steps/bring.h"
#include "steps/follow.h"
#include "story/watch.h"

#define FEW	200	/* rows that a round has copied: another adds nothing */
#define ROUNDS	20	/* the application may be as fast */
#define OFTEN	5.0	/* seconds between two while the swap is put off */
#define TRIES	20	/* cut-overs that were let go because of the rest */

static int
hold_back(struct err *e)
{
	return err_hint(e, "hold the swap back with "
	    "--postpone-cut-over-flag-file instead");
}

int
catch_up_check(const struct migration *m, struct err *e)
{
	if (!journal_is_kept(&m->plan) || m->cfg->swap_tables ||
	    (m->cfg->drop_new_table && m->cfg->drop_triggers))
		return 0;
	if (m->plan.by_key) {
		err_set(e, ERR_REFUSED, "--no-swap-tables: the engine %s "
		    "undoes nothing, and the new table that is to be left "
		    "would have all rows only in the moment of the swap",
		    m->old->engine);
		return hold_back(e);
	}
	err_set(e, ERR_REFUSED, "--no-swap-tables: the application gives the "
	    "document IDs (FTS_DOC_ID) of a FULLTEXT key, and the new table "
	    "that is to be left would have all rows only in the moment of the "
	    "swap");
	return hold_back(e);
}

int
catch_up_begin(struct migration *m, struct err *e)
{
	if (!m->plan.in_order)
		return 0;
	bound_copy(&m->copied.from, &m->registry.mark);
	m->copied.before = m->registry.rows;
	return follow_frontier(m->db, &m->plan, &m->copied.from, e);
}

/* The rows that are there by now, and are to stay where they are. */
static int
copy_on(struct migration *m, const struct walk_watch *watch,
    unsigned long long *rows, struct err *e)
{
	const struct copy copy = { &m->plan, m->cfg, &m->registry, watch,
	    &m->activity };
	struct copy_result *c = &m->copied;
	int rc;

	*rows = 0;
	rc = follow_end(m->db, &m->plan, watch, &c->upto, e);
	if (rc <= 0 || follow_reached(&c->upto, &c->from))
		return rc < 0 ? -1 : 0;
	if (copy_run(&copy, c, e) != 0)
		return -1;
	bound_copy(&c->from, &c->upto);
	c->before += c->walk.rows;
	*rows = c->walk.rows;
	return 0;
}

static int
bring(struct migration *m, struct db *db, const struct walk_watch *watch,
    struct err *e)
{
	const struct follow f = { &m->plan, m->cfg, &m->copied.from, false,
	    watch };
	const struct bring b = { &m->plan, m->cfg, false, watch, &m->brought };
	unsigned long long left;

	return m->plan.by_key ? bring_some(&b, db, 0, &left, e) :
	    follow_bring(&f, db, 0, &left, e);
}

static int
rounds(struct migration *m, struct db *db, const struct walk_watch *watch,
    struct err *e)
{
	unsigned long long rows, all = 0;
	double began = now_s();
	int i = 0;

	if (m->plan.by_key) {
		m->caught_up = began;
		return bring(m, db, watch, e);
	}
	do {
		if (copy_on(m, watch, &rows, e) != 0 ||
		    bring(m, db, watch, e) != 0)
			return -1;
		if (stop_requested())
			return err_set(e, ERR_STOPPED, "stopped");
		all += rows;
	} while (rows > FEW && ++i < ROUNDS);
	m->copied.walk.rows = all;
	m->copied.walk.seconds = now_s() - began;
	m->caught_up = now_s();
	return 0;
}

#define LOSSES 5	/* connections that break meanwhile */

/* On a connection of its own. */
static int
persist(struct migration *m, int (*once)(struct migration *m, struct db *db,
    const struct walk_watch *watch, struct err *e), struct err *e)
{
	struct walk_watch w;
	struct db *db = NULL;
	int i, rc = 0;

	w = watch_walk(m, watch_tables);
	for (i = 0; i < LOSSES; i++) {
		rc = session_open(&db, &m->server, "follow", SESSION_COPY,
		    m->plan.session, e) != 0 ||
		    once(m, db, &w, e) != 0 ? -1 : 0;
		db_close(db);
		db = NULL;
		if (rc == 0 || (e->kind != ERR_LOST && !db_class_conflict(e)) ||
		    watch_tables(m, e) != 0)
			break;
	}
	return rc;
}

int
catch_up_run(struct migration *m, struct err *e)
{
	return journal_is_kept(&m->plan) ? persist(m, rounds, e) : 0;
}

/* What was noted while they were counted comes at once. */
static int
count(struct migration *m, struct db *db, const struct walk_watch *watch,
    struct err *e)
{
	const struct query_beat beat = { watch->meanwhile, watch->arg };

	return bring_count(db, &m->plan, &beat, &m->brought, e) != 0 ? -1 :
	    bring(m, db, watch, e);
}

int
catch_up_count(struct migration *m, struct err *e)
{
	return m->plan.by_key && !m->brought.known ? persist(m, count, e) : 0;
}

int
catch_up_watch(void *arg, struct err *e)
{
	struct migration *m = arg;

	if (watch_tables(m, e) != 0)
		return -1;
	return !journal_is_kept(&m->plan) ||
	    now_s() - m->caught_up < OFTEN ? 0 : catch_up_run(m, e);
}

/* 1: not now. */
static int
finish(struct migration *m, struct err *e)
{
	const struct bring b = { &m->plan, m->cfg, true, NULL, &m->brought };
	unsigned long long locked;
	int rc;

	if (!m->plan.by_key)
		return follow_finish(m->db, &m->plan, m->cfg, &m->copied.from,
		    e);
	if (bring_locked(m->db, &locked, e) != 0)
		return -1;
	if (locked != m->locked && !config_without(m->cfg, "lock-tables"))
		m->doubted = true;
	if (m->doubted)
		return 2;
	rc = bring_finish(&b, m->db, e);
	m->doubted = rc == 2 && !config_without(m->cfg, "count");
	return rc == 2 && !m->doubted ? 0 : rc;
}

int
catch_up_finish(struct migration *m, struct err *e)
{
	int rc;

	if (!journal_is_kept(&m->plan) || config_without(m->cfg, "follow"))
		return 0;
	rc = finish(m, e);
	if (rc == 2)
		return 1;
	if (rc == 1 && ++m->too_much >= TRIES)
		return err_set(e, ERR_SWAP, "the application writes faster "
		    "than its rows can be copied%s",
		    m->plan.in_order ? " in order" : "");
	return rc;
}
