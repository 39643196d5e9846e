#include "story/outlast.h"

#include "base/event.h"
#include "base/log.h"
#include "base/stop.h"
#include "base/util.h"
#include "steps/in_flight.h"
#include "steps/mend.h"
#include "story/missed.h"
#include "story/watch.h"

#define LOOK_OFTEN	0.02	/* seconds, to catch a connection idle */
#define TELL_AFTER	2.0	/* and until it is said who is waited for */

/* 1 to go on waiting, 0 when they have ended, -1 with *e. */
static int
wait_once(struct migration *m, struct in_flight *f, double began, bool *told,
    struct err *e)
{
	double limit = m->cfg->metadata_lock_deadline;
	struct str who = STR_INIT;
	int rc = in_flight_ended(f, m->db, &who, e);

	if (rc == 0 && now_s() - began > TELL_AFTER && !*told) {
		log_info("waiting for statements that began before the "
		    "%s; %s", m->swap == SWAP_DONE ? "swap" : "triggers",
		    who.s);
		*told = true;
	}
	if (rc == 0 && limit > 0 && now_s() - began > limit)
		rc = err_set(e, ERR_TRIGGERS, "%zu statements that began "
		    "before the triggers have not ended in %.0f s; %s", f->n,
		    limit, who.s);
	else if (rc == 0 && (stop_sleep(*told ? 5 * LOOK_OFTEN : LOOK_OFTEN)))
		rc = err_set(e, ERR_STOPPED, "stopped while waiting for "
		    "statements that began before the triggers");
	str_free(&who);
	return rc < 0 ? -1 : rc == 0;
}

/* Until none is left; alive keeps others out meanwhile. */
static int
wait_for(struct migration *m, struct in_flight *f,
    int (*alive)(void *arg, struct err *e), struct err *e)
{
	double began = now_s(), beat = began;
	bool told = false;
	int rc;

	while ((rc = wait_once(m, f, began, &told, e)) == 1) {
		if (now_s() - beat < 1)
			continue;
		beat = now_s();
		if (alive(m, e) != 0)
			return -1;
	}
	return rc;
}

int
outlast_run(struct migration *m, struct err *e)
{
	struct in_flight f = { NULL, 0 };
	unsigned long long any = 0;
	bool some;
	int rc;

	rc = in_flight_begin(&f, m->db, &m->plan, m->cfg, e);
	some = f.n > 0;
	if (rc == 0)
		rc = wait_for(m, &f, watch_tables, e);
	in_flight_free(&f);
	if (rc != 0 || !some)
		return rc;
	if (db_number(m->db, &any, e, "SELECT EXISTS (SELECT 1 FROM %s)",
	    m->plan.names.shadow.sql) != 0)
		return -1;
	return any ? in_flight_sweep(m->db, &m->plan, m->cfg, e) : 0;
}

void
outlast_note(struct migration *m)
{
	struct err ignored = { .kind = ERR_NONE };

	if (m->swap == SWAP_DONE && m->plan.back != NULL)
		in_flight_late(&m->late, m->db, &m->plan, m->cfg, &ignored);
}

static int
bring_up_to_date(struct migration *m, struct err *e)
{
	struct mend_result mended;
	struct walk_watch w;

	if (wait_for(m, &m->late, watch_alone, e) != 0)
		return -1;
	if (!m->plan.back->same_ranges)
		return 0;
	w = watch_walk(m, watch_alone);
	if (mend_run(m->plan.back, m->cfg, &w, &mended, e) != 0)
		return -1;
	if (mended.rows > 0)
		log_info("copied %llu rows to the old table again, since "
		    "statements that began before the swap wrote past the "
		    "triggers", mended.rows);
	missed_tell_bare(m->plan.back, mended.bare);
	return 0;
}

void
outlast_swap(struct migration *m)
{
	struct err e = { .kind = ERR_NONE };

	if (m->late.n == 0)
		return;
	event_doing("bringing the old table up to date");
	if (bring_up_to_date(m, &e) != 0)
		log_warn("the old table may lack what statements that began "
		    "before the swap have written: %s", e.text);
	in_flight_free(&m->late);
}
