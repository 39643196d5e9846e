#include "story/missed.h"

#include "base/log.h"
#include "base/str.h"
#include "model/reverse.h"
#include "steps/capture.h"
#include "steps/mdl.h"
#include "steps/mend.h"
#include "story/recall.h"
#include "story/watch.h"

/* A transaction that has begun without the new table may still note it. */
static int
wait_for_them(struct migration *m, struct err *e)
{
	int rc = mdl_hold(m->db, MDL_ONE(&m->names.old),
	    &m->cfg->tries_create_triggers, e);

	return rc != 0 ? -1 : mdl_release(m->db, 0, e);
}

void
missed_tell_bare(const struct plan *back, unsigned long long rows)
{
	struct str names = STR_INIT;

	reverse_unfed(&names, back);
	if (rows > 0)
		log_warn("%llu of these rows are new to the old table, or have "
		    "a new key, and have no values there in %s", rows,
		    names.len > 0 ? names.s : "what it holds only in part");
	str_free(&names);
}

static int
mend(struct migration *m, struct err *e)
{
	struct mend_result mended;
	struct walk_watch w;

	log_info("rows were written while the %s table was not there; looking "
	    "for them", plan_there(&m->plan));
	if (capture_recall(m->db, &m->plan, &m->triggers, e) != 0 ||
	    recall_adopt(m, e) != 0 || wait_for_them(m, e) != 0)
		return -1;
	w = watch_walk(m, watch_alone);
	if (mend_run(&m->plan, m->cfg, &w, &mended, e) != 0 ||
	    capture_forget_missed(m->db, &m->plan, e) != 0)
		return -1;
	log_info("copied %llu rows again", mended.rows);
	missed_tell_bare(&m->plan, mended.bare);
	return 0;
}

int
missed_mend(struct migration *m, struct err *e)
{
	unsigned long long n = 0;

	if (!m->plan.same_ranges || m->plan.filter != NULL ||
	    m->cfg->dry_run || config_without(m->cfg, "missed"))
		return 0;
	if (capture_missed(m->db, &m->plan, &n, e) != 0)
		return -1;
	return n > 0 ? mend(m, e) : 0;
}
