#include "steps/sweep.h"

#include <stdbool.h>

#include "base/log.h"
#include "base/stop.h"
#include "base/str.h"
#include "base/util.h"
#include "model/apart.h"
#include "server/session.h"

#define PAUSE		0.05	/* seconds between two tries of a row */
#define BEAT		2.0	/* between two calls of meanwhile() */
#define PATIENCE	60.0	/* and as long as others may use it */

struct sweep {
	struct db *db;
	const struct plan *p;
	const struct query_beat *beat;
	size_t key;			/* of p->apart */
};

/* One row; somebody may be at work on it. */
static int
mend(struct sweep *s, char *const *literal, struct err *e)
{
	double began = now_s();
	struct str q = STR_INIT;
	int rc;

	apart_mend(&q, s->p, s->key, literal);
	while ((rc = db_run_text(s->db, q.s, e)) != 0 &&
	    db_class_conflict(e) &&
	    now_s() - began < PATIENCE) {
		if (stop_sleep(PAUSE)) {
			err_set(e, ERR_STOPPED, "stopped");
			break;
		}
		e->kind = ERR_NONE;
	}
	str_free(&q);
	return rc;
}

/* As many as one question brings: how many, or -1 with *e. */
static int
sweep_some(struct sweep *s, const struct interruptible_query *a, struct err *e)
{
	struct rows r = ROWS_INIT;
	double beaten = now_s();
	int rc = interruptible_query_rows(s->db, a, &r, e);
	size_t i;

	for (i = 0; rc == 0 && i < r.n; i++) {
		rc = mend(s, r.cell[i], e);
		if (rc == 0 && stop_sleep(0))
			rc = err_set(e, ERR_STOPPED, "stopped");
		if (rc == 0 && now_s() - beaten > BEAT) {
			rc = s->beat->meanwhile(s->beat->arg, e);
			beaten = now_s();
		}
	}
	rc = rc != 0 ? -1 : (int)r.n;
	rows_free(&r);
	return rc;
}

static int
sweep_key(struct sweep *s, struct err *e)
{
	struct interruptible_query a = { .doing =
	    "looking for what a cascade left behind", .beat = s->beat };
	struct str q = STR_INIT, shape = STR_INIT;
	int rc = 0, n = 0;
	size_t i;

	for (i = 0; i < s->p->n_id; i++)
		str_addz(&shape, "v");
	if (apart_find_stale(&q, s->p, s->key)) {
		a.sql = q.s;
		a.shape = shape.s;
		while ((rc = sweep_some(s, &a, e)) > 0)
			n += rc;
	}
	if (n > 0)
		log_info("foreign key %s: corrected %d rows that a cascade "
		    "reached before the copy reached their parents",
		    s->p->apart.key[s->key].name.sql, n);
	str_free(&q);
	str_free(&shape);
	return rc;
}

static int
sweep_all(struct sweep *s, struct err *e)
{
	int rc;

	rc = session_open(&s->db, s->p->server, "sweep", SESSION_COPY,
	    s->p->session, e);
	/* An alias is looked for in the current one. */
	if (rc == 0)
		rc = db_quiet(s->db, e, "USE %s", s->p->names.old.db.sql);
	for (s->key = 0; rc == 0 && s->key < s->p->apart.n; s->key++)
		rc = sweep_key(s, e);
	db_close(s->db);
	s->db = NULL;
	return rc;
}

/* It can begin anew wherever it broke off. */
int
sweep_run(const struct plan *p, const struct config *cfg,
    const struct query_beat *beat, struct err *e)
{
	struct sweep s = { .p = p, .beat = beat };
	double began = now_s();
	int rc;

	if (!apart_acts(p) || config_without(cfg, "sweep"))
		return 0;
	while ((rc = sweep_all(&s, e)) != 0 && e->kind == ERR_LOST &&
	    now_s() - began < cfg->login.reconnect_for && !stop_sleep(1))
		e->kind = ERR_NONE;
	return rc != 0 ? err_while(e, "rows that a cascade reached") : 0;
}
