#include "steps/sample.h"

#include <stdlib.h>
#include <string.h>

#include "base/event.h"
#include "base/pace.h"
#include "base/stop.h"
#include "base/util.h"
#include "model/misfit.h"
#include "model/sql.h"
#include "model/width.h"
#include "server/session.h"
#include "steps/cursor.h"

#define SECONDS	1.0	/* after which no further chunk is copied */
#define ROWS	20000	/* and as many rows as that are enough */
#define CHUNK	0.2	/* seconds that one is to take */
#define FIRST	100	/* rows of the first one: they may be large */

/* Room that pages have left, where there was no index to compare with. */
#define SPARE	1.5

struct measure {
	struct summary_estimate *s;
	const struct plan *p;
	struct db *db;
	struct path path;
	struct bound upto;		/* of what has been copied */
	bool all;			/* of the table */
	double copy, compare;		/* seconds */
};

static int
copy_some(struct measure *m, struct pace *pace, struct err *e)
{
	struct chunk k = { .after = m->upto, .rows = pace_rows(pace) };
	struct str q = STR_INIT;
	double took, began = now_s();
	int rc = cursor_nth(m->db, &m->path, &k, "", &k.upto, e);

	m->all = rc == 0;
	if (rc >= 0) {
		sql_range(&q, m->p, SIDE_OLD, &k.after, &k.upto);
		rc = db_run(m->db, e, "%s%s", m->p->copy_head, q.s);
	}
	took = now_s() - began;
	m->copy += took;
	m->s->rows += rc == 0 ? db_affected(m->db) : 0;
	pace_note(pace, k.rows, took);
	str_free(&q);
	bound_free(&m->upto);
	m->upto = k.upto;
	return rc;
}

static int
copy(struct measure *m, struct err *e)
{
	struct pace pace;
	int rc = 0;

	pace_init(&pace, true, CHUNK, FIRST);
	while (rc == 0 && !m->all && m->copy < SECONDS && m->s->rows < ROWS) {
		if (stop_requested())
			return err_set(e, ERR_STOPPED, "stopped while "
			    "measuring a sample");
		rc = copy_some(m, &pace, e);
	}
	return rc;
}

/* As the comparison does, of what has been copied. */
static int
compare(struct measure *m, struct err *e)
{
	static const struct bound first = BOUND_INIT;
	struct rows r = ROWS_INIT;
	struct str q = STR_INIT;
	double began = now_s();
	int side, rc = 0;

	for (side = SIDE_OLD; side <= SIDE_NEW && rc == 0; side++) {
		sql_checksum(&q, m->p, (enum side)side, &first, &m->upto);
		rc = db_rows(m->db, &r, "vv", e, "%s", q.s);
		rows_free(&r);
		str_reset(&q);
	}
	m->compare = now_s() - began;
	str_free(&q);
	return rc;
}

/* The mean of a row, and of its entries in indexes; 0 without a row. */
static int
find_width(struct measure *m, const struct table *t, double width[2],
    struct err *e)
{
	const bool old = t == m->p->old;
	static const struct bound first = BOUND_INIT;
	struct str q = STR_INIT;
	struct rows r = ROWS_INIT;
	int i, rc;

	str_addz(&q, "SELECT AVG(");
	width_row(&q, t);
	str_addz(&q, "), AVG(");
	width_indexes(&q, t);
	str_addf(&q, ") FROM %s", old ? m->p->names.old.sql :
	    m->p->names.shadow.sql);
	if (old) {
		str_addz(&q, " WHERE ");
		path_range(&q, &m->path, PATH_PLAIN, &first, &m->upto);
	}
	rc = db_row(m->db, &r, "??", e, "%s", q.s);
	for (i = 0; i < 2; i++)
		width[i] = rc == 0 && r.cell[0][i] != NULL ?
		    strtod(r.cell[0][i], NULL) : 0;
	rows_free(&r);
	str_free(&q);
	return rc;
}

static int
find_size(struct measure *m, double total, struct err *e)
{
	double old[2], new[2], has[2], data, indexes;
	struct rows r = ROWS_INIT;
	struct str where = STR_INIT;
	int i, rc;

	table_where(&where, m->db, &m->p->names.old);
	rc = db_row(m->db, &r, "??", e, "SELECT DATA_LENGTH, INDEX_LENGTH FROM "
	    "information_schema.TABLES WHERE %s", where.s);
	for (i = 0; i < 2; i++)
		has[i] = rc == 0 && r.cell[0][i] != NULL ?
		    strtod(r.cell[0][i], NULL) : 0;
	rows_free(&r);
	str_free(&where);
	if (rc != 0 || find_width(m, m->p->old, old, e) != 0 ||
	    find_width(m, m->p->new, new, e) != 0)
		return -1;
	data = old[0] > 0 ? has[0] * new[0] / old[0] : has[0];
	indexes = old[1] > 0 ? has[1] * new[1] / old[1] :
	    total * new[1] * SPARE;
	m->s->bytes = (unsigned long long)(data + indexes);
	return 0;
}

static int
measure(struct measure *m, struct err *e)
{
	struct err ignored = { .kind = ERR_NONE };
	struct summary_estimate *s = m->s;
	double total;
	int rc = db_quiet(m->db, e, "START TRANSACTION");

	if (rc == 0)
		rc = copy(m, e);
	if (rc == 0 && m->p->checksum)
		rc = compare(m, e);
	total = m->all || m->p->old->rows < s->rows ? (double)s->rows :
	    (double)m->p->old->rows;
	if (rc == 0)
		rc = find_size(m, total, e);
	if (rc == 0 && s->rows > 0) {
		s->copy_s = m->copy * total / (double)s->rows;
		s->compare_s = m->compare * total / (double)s->rows;
	}
	db_quiet(m->db, rc != 0 ? &ignored : e, "ROLLBACK");
	return rc;
}

int
sample_measure(struct summary_estimate *s, const struct plan *p,
    struct err *e)
{
	struct measure m = { .s = s, .p = p, .path = plan_path(p),
	    .upto = BOUND_INIT };
	const char *why = misfit_untried(p);
	int rc = 0;

	if (why == NULL) {
		event_hush_sql(true);
		rc = session_open(&m.db, p->server, "sample", SESSION_COPY,
		    p->session, e);
		if (rc == 0)
			rc = measure(&m, e);
		event_hush_sql(false);
		bound_free(&m.upto);
		db_close(m.db);
	}
	if (rc != 0 && e->kind == ERR_STOPPED)
		return -1;
	if (rc != 0 || why != NULL) {
		s->why_not = xstrdup(why != NULL ? why : e->text);
		e->kind = ERR_NONE;
	}
	return 0;
}
