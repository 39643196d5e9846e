#include "steps/misfits.h"

#include <stdlib.h>
#include <string.h>

#include "base/event.h"
#include "base/pace.h"
#include "base/stop.h"
#include "base/util.h"
#include "model/convert.h"
#include "model/filter.h"
#include "model/misfit.h"
#include "model/sql.h"
#include "server/session.h"
#include "steps/cursor.h"
#include "steps/warning.h"

#define SECONDS	5.0	/* after which no further chunk is looked at */
#define CHUNK	0.2	/* seconds that one is to take */
#define SAMPLES	3	/* rows that are named for each reason */

struct search {
	struct summary_misfits *m;
	const struct plan *p;
	const struct config *cfg;
	struct db *db;
	struct path path;
	struct chunk k;
	struct pace pace;
	/* Of each misfit: the last row of this chunk that is counted, and how
	 * many of other chunks are named. */
	unsigned long long *last;
	size_t *named;
	bool *counted;			/* and whether there is such a row */
};

static const char *
kind_of(const struct warning *w)
{
	if (w->column == NULL)
		return w->code == 3819 || w->code == 4025 ? "check" :
		    w->code == 1526 || w->code == 1748 ? "partition" : "other";
	switch (w->code) {
	case 1048:	/* cannot be NULL */
	case 1263:
		return "null";
	case 167:	/* out of range */
	case 1264:
	case 1690:
		return "out-of-range";
	case 1265:	/* truncated */
	case 1406:
		return w->column->to->kind == KIND_ENUM ? "not-a-member" :
		    w->column->to->kind == KIND_TEXT ||
		    w->column->to->kind == KIND_BINARY ? "too-long" :
		    "not-convertible";
	case 1292:	/* incorrect */
	case 1366:
	case 1411:
		return "not-convertible";
	default:
		return "other";
	}
}

static void
describe(struct str *q, const char *kind, const struct warning *w)
{
	static const struct {
		const char *kind, *words;
	} words[] = {
		{ "null", "are NULL" },
		{ "too-long", "are too long" },
		{ "out-of-range", "are out of range" },
		{ "not-a-member", "are no member" },
		{ "not-convertible", "cannot be converted" },
	};
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (w->column != NULL && strcmp(kind, words[i].kind) == 0) {
			str_addf(q, "of %s %s for %s %s",
			    w->column->from->name.sql, words[i].words,
			    w->column->to->type, w->column->to->nullable ?
			    "" : "NOT NULL");
			while (q->len > 0 && q->s[q->len - 1] == ' ')
				q->s[--q->len] = '\0';
			return;
		}
	str_addz(q, w->text);
}

/* The one that this belongs to. */
static size_t
find(struct search *s, const char *kind, const struct warning *w)
{
	const char *name = w->column != NULL && w->column->from != NULL ?
	    w->column->from->name.raw : "";
	struct summary_misfits *m = s->m;
	struct str text = STR_INIT;
	size_t i;

	for (i = 0; i < m->n; i++)
		if (strcmp(m->misfit[i].kind, kind) == 0 &&
		    strcmp(m->misfit[i].name, name) == 0)
			return i;
	m->misfit = xrealloc(m->misfit, m->n + 1, sizeof(*m->misfit));
	s->last = xrealloc(s->last, m->n + 1, sizeof(*s->last));
	s->named = xrealloc(s->named, m->n + 1, sizeof(*s->named));
	s->counted = xrealloc(s->counted, m->n + 1, sizeof(*s->counted));
	describe(&text, kind, w);
	m->misfit[i] = (struct summary_misfit){ .kind = kind,
	    .name = xstrdup(name), .text = str_take(&text) };
	s->last[i] = 0;
	s->named[i] = 0;
	s->counted[i] = false;
	return m->n++;
}

/* What is shown of a row: its key, and the value. */
static void
add_shown(struct str *q, const struct plan *p, const struct column *c)
{
	size_t i;

	str_addz(q, "SELECT CONCAT_WS(', '");
	for (i = 0; i < p->walk->n; i++) {
		str_addz(q, ", ");
		convert_text(q, &p->old->column[p->walk->part[i].column],
		    "o");
	}
	str_addz(q, ")");
	if (c == NULL) {
		str_addz(q, ", ''");
		return;
	}
	str_addz(q, ", COALESCE(CONCAT('''', LEFT(");
	convert_text(q, c, "o");
	str_addz(q, ", 40), ''''), 'NULL')");
}

/* Is it a row that was copied?  With a column, its NULLs only. */
static void
add_condition(struct str *q, const struct plan *p, const struct column *c)
{
	str_addz(q, "(");
	filter_and(q, p, "o");
	misfit_condition(q, p, "o.");
	if (c != NULL)
		str_addf(q, " AND o.%s IS NULL", c->name.sql);
	str_addz(q, ")");
}

/*
 * Name a row: the one of that number, or the next NULL.  MariaDB counts the
 * rows that it has read, so there whether it is one of those that were copied
 * is part of the answer; MySQL counts those that were copied.
 */
static void
add_sample(struct search *s, const struct warning *w,
    struct summary_misfit *m)
{
	const struct path_names names = { "o.", NULL };
	struct err ignored = { .kind = ERR_NONE };
	const struct column *c = w->column != NULL ? w->column->from : NULL;
	bool null = w->row == 0 && strcmp(m->kind, "null") == 0;
	bool read = !null && s->p->server->mariadb;
	struct rows r = ROWS_INIT;
	struct str q = STR_INIT;

	if (m->sample.n >= SAMPLES || (w->row == 0 && !null))
		return;
	add_shown(&q, s->p, c);
	str_addz(&q, ", ");
	if (read)
		add_condition(&q, s->p, NULL);
	else
		str_addz(&q, "1");
	path_from(&q, &s->path, "o");
	str_addz(&q, " WHERE ");
	if (!read) {
		add_condition(&q, s->p, null ? c : NULL);
		str_addz(&q, " AND ");
	}
	path_range(&q, &s->path, &names, &s->k.after, &s->k.upto);
	path_order(&q, &s->path, &names);
	str_addf(&q, " LIMIT %llu, 1", null ? m->sample.n - s->named[m -
	    s->m->misfit] : w->row - 1);
	if (db_rows(s->db, &r, "vv?", &ignored, "%s", q.s) == 0 && r.n > 0 &&
	    r.cell[0][2] != NULL && strcmp(r.cell[0][2], "1") == 0)
		summary_add(&m->sample, "row", r.cell[0][0], "%s",
		    r.cell[0][1]);
	rows_free(&r);
	str_free(&q);
}

/*
 * No warning says which rows are NULL, and MySQL has one for all of a
 * statement: they are counted here.
 */
static void
note_nulls(struct search *s, const struct warning *w,
    struct summary_misfit *m)
{
	const struct path_names names = { "o.", NULL };
	struct err ignored = { .kind = ERR_NONE };
	unsigned long long n = 0;
	struct str q = STR_INIT;
	int i;

	path_from(&q, &s->path, "o");
	str_addz(&q, " WHERE ");
	add_condition(&q, s->p, w->column->from);
	str_addz(&q, " AND ");
	path_range(&q, &s->path, &names, &s->k.after, &s->k.upto);
	if (db_number(s->db, &n, &ignored, "SELECT COUNT(*)%s", q.s) != 0 ||
	    n == 0)
		n = 1;
	m->rows += n;
	for (i = 0; i < SAMPLES; i++)
		add_sample(s, w, m);
	str_free(&q);
}

/* One that has come to nothing. */
static void
forget_last(struct search *s)
{
	struct summary_misfit *m = &s->m->misfit[--s->m->n];

	free(m->name);
	free(m->text);
}

/* A value may be wrong for several reasons: the first one counts. */
static bool
is_counted(const struct search *s, size_t at, const struct warning *w)
{
	const struct summary_misfit *m = s->m->misfit;
	size_t i;

	/* NULLs are counted all at once, and are nothing else. */
	if (w->row == 0)
		return s->counted[at];
	for (i = 0; i < s->m->n; i++)
		if (s->counted[i] && w->row <= s->last[i] &&
		    strcmp(m[i].name, m[at].name) == 0)
			return true;
	return false;
}

static void
note(struct search *s, const struct warning *w)
{
	size_t i = find(s, kind_of(w), w);
	struct summary_misfit *m = &s->m->misfit[i];

	if (is_counted(s, i, w)) {
		if (m->rows == 0)
			forget_last(s);
		return;
	}
	s->counted[i] = w->row > 0 || strcmp(m->kind, "null") == 0;
	s->last[i] = w->row;
	if (w->row == 0 && w->column != NULL && w->column->from != NULL &&
	    s->counted[i]) {
		note_nulls(s, w, m);
		return;
	}
	m->rows++;
	add_sample(s, w, m);
}

/* A chunk, whose rows are counted from 1. */
static void
begin(struct search *s)
{
	size_t i;

	for (i = 0; i < s->m->n; i++) {
		s->last[i] = 0;
		s->counted[i] = false;
		s->named[i] = s->m->misfit[i].sample.n;
	}
}

static int
copy(struct search *s, struct err *e)
{
	struct str q = STR_INIT;
	int rc;

	str_addz(&q, s->p->copy_head);
	misfit_condition(&q, s->p, "");
	str_addz(&q, " AND ");
	path_range(&q, &s->path, PATH_PLAIN, &s->k.after, &s->k.upto);
	path_order(&q, &s->path, PATH_PLAIN);
	rc = db_quiet(s->db, e, "START TRANSACTION");
	if (rc == 0)
		rc = db_run_text(s->db, q.s, e);
	str_free(&q);
	return rc;
}

/* The only column whose values are converted; NULL: there are more. */
static const struct pair *
only_converted(const struct plan *p)
{
	const struct pair *only = NULL;
	size_t i;

	for (i = 0; i < p->n_pairs; i++) {
		if (p->pair[i].from == NULL || p->pair[i].same)
			continue;
		if (only != NULL)
			return NULL;
		only = &p->pair[i];
	}
	return only;
}

/* Is it a warning about a constraint of the row? */
static bool
is_of_row(const struct warning *w)
{
	return strcmp(kind_of(w), "other") != 0;
}

/*
 * One of a cast, or of a CHECK, does not say which row it is about, and there
 * may be several of one row: only where the row is alone it can be counted.
 * False: it is not.
 */
static bool
place(struct search *s, struct warnings *list)
{
	const struct pair *only = only_converted(s->p);
	struct warning *w;
	size_t i;

	for (i = 0; i < list->n; i++) {
		w = &list->w[i];
		if (w->row > 0 || strcmp(kind_of(w), "null") == 0)
			continue;
		if (s->k.rows > 1)
			return false;
		w->row = 1;
		if (w->column == NULL && !is_of_row(w))
			w->column = only;
	}
	return true;
}

/* 1: looked at; 0: it is too much at once. */
static int
judge(struct search *s, struct err *e)
{
	struct warnings list;
	size_t i;
	int rc = warning_list(&list, s->p, s->cfg, s->db, e);

	if (rc == 0 && place(s, &list) && (list.all || s->k.rows == 1)) {
		begin(s);
		for (i = 0; i < list.n; i++)
			note(s, &list.w[i]);
		rc = 1;
	}
	warning_free(&list);
	return rc;
}

/* Is it about the rows, so that fewer of them may pass? */
static bool
is_about_rows(const struct err *e)
{
	enum db_class c = db_class(e->sqlno);

	return e->kind == ERR_SQL && e->sqlno != 0 && (c == DB_FINAL ||
	    c == DB_TOO_BIG || c == DB_TOO_LARGE || c == DB_DUPLICATE);
}

/* As judge(). */
static int
look(struct search *s, struct err *e)
{
	struct err ignored = { .kind = ERR_NONE };
	struct warning w = { NULL, 0, 1, e->text };
	int rc = copy(s, e);

	if (rc == 0)
		rc = judge(s, e);
	if (rc < 0 && is_about_rows(e)) {
		rc = s->k.rows == 1;
		begin(s);
		if (rc == 1)
			note(s, &w);
		e->kind = ERR_NONE;
	}
	db_quiet(s->db, rc < 0 ? &ignored : e, "ROLLBACK");
	return e->kind != ERR_NONE ? -1 : rc;
}

/* Find where the chunk ends.  1: there is one; 0: it is the rest. */
static int
find_end(struct search *s, struct err *e)
{
	struct chunk rest = { .after = s->k.after, .upto = BOUND_INIT,
	    .rows = s->k.rows };

	bound_free(&s->k.upto);
	return cursor_nth(s->db, &s->path, &rest, "", &s->k.upto, e);
}

/* The chunk has been looked at. */
static int
pass(struct search *s, bool rest, double seconds, struct err *e)
{
	unsigned long long rows = s->k.rows;
	struct str q = STR_INIT;
	int rc = 0;

	if (rest) {
		path_from(&q, &s->path, NULL);
		str_addz(&q, " WHERE ");
		path_range(&q, &s->path, PATH_PLAIN, &s->k.after, &s->k.upto);
		rc = db_number(s->db, &rows, e, "SELECT COUNT(*)%s", q.s);
		str_free(&q);
	}
	s->m->rows += rows;
	s->m->all = rest;
	pace_note(&s->pace, rows > 0 ? rows : 1, seconds);
	bound_copy(&s->k.after, &s->k.upto);
	return rc;
}

static int
look_at_all(struct search *s, struct err *e)
{
	bool first = config_without(s->cfg, "looking-on");
	double began = now_s(), at;
	int more, rc = 0;

	while (rc == 0 && !s->m->all) {
		if (stop_requested())
			return err_set(e, ERR_STOPPED, "stopped while looking "
			    "for values that do not fit");
		at = now_s();
		if (s->m->rows > 0 && (first || at - began > SECONDS))
			break;
		s->k.rows = pace_rows(&s->pace);
		do {
			more = find_end(s, e);
			rc = more < 0 ? -1 : look(s, e);
			if (rc == 0)
				s->k.rows = (s->k.rows + 1) / 2;
		} while (rc == 0);
		rc = rc < 0 ? -1 : pass(s, more == 0, now_s() - at, e);
	}
	return rc;
}

static void
end(struct search *s)
{
	bound_free(&s->k.after);
	bound_free(&s->k.upto);
	free(s->last);
	free(s->named);
	free(s->counted);
	db_close(s->db);
}

int
misfits_count(struct summary_misfits *m, const struct plan *p,
    const struct config *cfg, struct err *e)
{
	struct search s = { .m = m, .p = p, .cfg = cfg,
	    .path = plan_path(p) };
	const char *why = misfit_untried(p);
	int rc = 0;

	if (why == NULL) {
		pace_init(&s.pace, true, CHUNK, cfg->chunk_size);
		event_hush_sql(true);
		rc = session_open(&s.db, p->server, "sample", SESSION_COPY,
		    p->session, e);
		if (rc == 0)
			rc = look_at_all(&s, e);
		event_hush_sql(false);
		end(&s);
	}
	if (rc != 0 && e->kind == ERR_STOPPED)
		return -1;
	if (rc != 0 || why != NULL) {
		summary_free_misfits(m);
		m->why_not = xstrdup(why != NULL ? why : e->text);
		e->kind = ERR_NONE;
	}
	return 0;
}
