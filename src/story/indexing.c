#include "story/indexing.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/util.h"
#include "model/identity.h"
#include "steps/index_build.h"
#include "steps/index_trial.h"
#include "story/throttling.h"
#include "story/unchanged.h"
#include "story/watch.h"

/* Below that the copy itself takes a few seconds at most. */
#define MANY_ROWS	200000
#define MANY_BYTES	(64ULL << 20)

static int
is_galera(struct migration *m, bool *yes, struct err *e)
{
	struct rows r = ROWS_INIT;
	int rc = db_rows(m->db, &r, "vv", e, "SHOW GLOBAL VARIABLES LIKE "
	    "'wsrep\\_on'");

	*yes = r.n > 0 && same_text(r.cell[0][1], "ON");
	rows_free(&r);
	return rc;
}

/* A replica's: it is to begin the statement while the source runs it. */
#define PARALLEL " OR Variable_name = 'slave_parallel_threads' AND Value <> " \
    "'0' OR Variable_name = 'slave_parallel_mode' AND Value <> 'none'"

/* Has the server n of these variables as they should be? */
static int
has_set(struct db *db, const char *more, size_t n, bool *yes, struct err *e)
{
	struct rows r = ROWS_INIT;
	int rc = db_rows(db, &r, "vv", e, "SHOW GLOBAL VARIABLES WHERE "
	    "Variable_name = 'binlog_alter_two_phase' AND Value = 'ON'%s",
	    more);

	*yes = r.n == n;
	rows_free(&r);
	return rc;
}

/*
 * Do all replicas begin such a statement with the source?  One that applies in
 * a single thread runs it when the source has ended it.
 */
static int
is_two_phase(struct migration *m, bool *yes, struct err *e)
{
	struct err lost = { .kind = ERR_NONE };
	const struct replica *r;

	if (has_set(m->db, "", 1, yes, e) != 0)
		return -1;
	for (r = m->replicas; r != NULL && *yes; r = r->next)
		if (r->db == NULL || has_set(r->db, PARALLEL, 3, yes, &lost) !=
		    0)
			*yes = false;
	return 0;
}

/* Why they are not built after the copy; NULL: they are, if they can be. */
static int
reason(struct migration *m, const char **why, struct err *e)
{
	bool galera, two_phase;

	*why = NULL;
	if (m->cfg->defer_indexes == DEFER_NEVER) {
		*why = "--defer-indexes=never";
		return 0;
	}
	if (is_galera(m, &galera, e) != 0)
		return -1;
	if (galera)
		*why = "the server is a node of a Galera cluster";
	if (galera || m->cfg->defer_indexes == DEFER_ALWAYS)
		return 0;
	if (m->old->rows < MANY_ROWS && m->old->bytes < MANY_BYTES) {
		*why = "the table is small";
		return 0;
	}
	/* Who writes to a parent locks the new table for reading; to write to
	 * it then, while its lock is waited for, is a deadlock. */
	if (m->new->fkey.n > 0)
		*why = "it has foreign keys, and who writes to their parents "
		    "might get error 1213";
	if (*why != NULL || m->replicas == NULL)
		return 0;
	if (is_two_phase(m, &two_phase, e) != 0)
		return -1;
	if (!two_phase)
		*why = "replicas would lag by as long as that takes";
	return 0;
}

int
indexing_remembered(struct migration *m, struct table **full, struct err *e)
{
	struct qname like;
	int there;

	*full = NULL;
	names_trial(&like, &m->names);
	there = m->vouched ? table_exists(m->db, &like, e) : 0;
	if (there <= 0)
		return there;
	return table_load(full, m->db, &like, e);
}

static bool
is_missing(const void *arg, const struct ident *name)
{
	return table_key(arg, name->raw) == NULL;
}

static int
plan_rest(struct migration *m, struct err *e)
{
	const struct deferral_of of = { &m->server, &m->names,
	    &m->names.shadow };
	struct table *full = NULL;
	int rc = indexing_remembered(m, &full, e);

	if (rc == 0 && full != NULL)
		deferral_make(&m->plan.deferral, &of, full, is_missing,
		    m->new);
	table_free(full);
	return rc;
}

int
indexing_plan(struct migration *m, struct err *e)
{
	struct deferral *d = &m->plan.deferral;
	const char *why;

	if (m->resumed)
		return plan_rest(m, e);
	if (reason(m, &why, e) != 0)
		return -1;
	d->why = why;
	return why != NULL ? 0 : index_trial_run(d, m->db, &m->plan, m->cfg,
	    &m->undo, e);
}

/* All that was left out is there, as the server lists it. */
static int
check(struct migration *m, struct err *e)
{
	struct table *now = NULL;
	int rc = table_load(&now, m->db, &m->names.shadow, e);

	if (rc == 0 && !deferral_is_built(&m->plan.deferral, now)) {
		rc = err_set(e, ERR_SQL, "the indexes of %s are not what they "
		    "were to be, after they were built",
		    m->names.shadow.sql);
		err_hint(e, "somebody may have altered it; start again");
	}
	if (rc == 0)
		rc = registry_note_new(&m->registry, m->db, now, e);
	/* A run that is resumed has read it without them. */
	if (rc == 0 && m->resumed)
		table_take_text(m->new, now);
	table_free(now);
	return rc;
}

/* What we did ourselves is no sign of somebody else. */
static int
keep_identity(struct migration *m, unsigned long long n, struct err *e)
{
	return identity_altered(&m->old_is, m->db, n, false, e) != 0 ||
	    identity_altered(&m->new_is, m->db, n, true, e) != 0 ? -1 : 0;
}

static int
build(struct migration *m, struct err *e)
{
	const struct query_beat beat = { watch_triggers, m };
	struct index_build b = { m->db, &m->plan, m->cfg, throttling_gate(m),
	    &beat, 0 };
	struct str names = STR_INIT;
	double began = now_s();
	int rc;

	deferral_names(&names, &m->plan.deferral);
	log_info("building %s", names.s);
	str_free(&names);
	rc = index_build_run(&b, e);
	if (rc == 0)
		log_info("built %zu indexes in %.1f s", m->plan.deferral.n,
		    now_s() - began);
	return rc != 0 ? -1 : keep_identity(m, b.statements, e);
}

/* A connection that breaks afterwards begins anew with nothing to build. */
static int
run_once(struct migration *m, struct err *e)
{
	struct table *now = NULL;
	int rc = table_load(&now, m->db, &m->names.shadow, e);
	bool built = rc == 0 && deferral_is_built(&m->plan.deferral, now);

	table_free(now);
	if (rc != 0 || (!built && build(m, e) != 0) || check(m, e) != 0)
		return -1;
	return index_trial_forget(m->db, &m->plan.deferral, &m->undo, e);
}

int
indexing_run(struct migration *m, struct err *e)
{
	/* Nothing was left out. */
	if (m->plan.deferral.order == NULL)
		return 0;
	return watch_state(m, STATE_INDEXING, e) != 0 ||
	    watch_persist(m, unchanged_look, e) != 0 ||
	    watch_persist(m, run_once, e) != 0 ? -1 : 0;
}
