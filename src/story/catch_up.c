#include "story/catch_up.h"

#include "base/stop.h"
#include "base/util.h"
#include "server/session.h"
#include "steps/follow.h"
#include "story/watch.h"

#define FEW	200	/* rows that a round has copied: another adds nothing */
#define ROUNDS	20	/* the application may be as fast */
#define OFTEN	5.0	/* seconds between two while the swap is put off */
#define TRIES	20	/* cut-overs that were let go because of the rest */

int
catch_up_check(const struct migration *m, struct err *e)
{
	if (!m->plan.in_order || m->cfg->swap_tables ||
	    (m->cfg->drop_new_table && m->cfg->drop_triggers))
		return 0;
	err_set(e, ERR_REFUSED, "--no-swap-tables: the application gives the "
	    "document IDs (FTS_DOC_ID) of a FULLTEXT key, and the new table "
	    "that is to be left would have all rows only in the moment of the "
	    "swap");
	return err_hint(e, "hold the swap back with "
	    "--postpone-cut-over-flag-file instead");
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
	unsigned long long left;

	return follow_bring(&f, db, 0, &left, e);
}

static int
rounds(struct migration *m, struct db *db, const struct walk_watch *watch,
    struct err *e)
{
	unsigned long long rows, all = 0;
	double began = now_s();
	int i = 0;

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

int
catch_up_run(struct migration *m, struct err *e)
{
	struct walk_watch w;
	struct db *db = NULL;
	int i, rc = 0;

	if (!m->plan.in_order)
		return 0;
	w = watch_walk(m, watch_tables);
	for (i = 0; i < LOSSES; i++) {
		rc = session_open(&db, &m->server, "follow", SESSION_COPY,
		    m->plan.session, e) != 0 ||
		    rounds(m, db, &w, e) != 0 ? -1 : 0;
		db_close(db);
		db = NULL;
		if (rc == 0 || e->kind != ERR_LOST ||
		    watch_tables(m, e) != 0)
			break;
	}
	return rc;
}

int
catch_up_watch(void *arg, struct err *e)
{
	struct migration *m = arg;

	if (watch_tables(m, e) != 0)
		return -1;
	return !m->plan.in_order || now_s() - m->caught_up < OFTEN ? 0 :
	    catch_up_run(m, e);
}

int
catch_up_finish(struct migration *m, struct err *e)
{
	int rc;

	if (!m->plan.in_order || config_without(m->cfg, "follow"))
		return 0;
	rc = follow_finish(m->db, &m->plan, m->cfg, &m->copied.from, e);
	if (rc == 1 && ++m->too_much >= TRIES)
		return err_set(e, ERR_SWAP, "the application writes faster "
		    "than its rows can be copied in order");
	return rc;
}
