#include "steps/index_trial.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/util.h"
#include "model/ddl.h"
#include "model/index_use.h"
#include "steps/mdl.h"

/* On what it is tried, and which indexes are left alone. */
struct trial {
	struct db *db;
	const struct plan *p;
	const struct config *cfg;
	struct qname like;
	struct ident *refused;
	size_t n;
	bool odd;			/* an ALTER changes more than indexes */
};

static bool
is_picked(const void *arg, const struct ident *name)
{
	const struct trial *t = arg;
	size_t i;

	for (i = 0; i < t->n; i++)
		if (strcmp(t->refused[i].raw, name->raw) == 0)
			return false;
	return !index_use_needs(t->p, name);
}

static void
make(const struct trial *t, struct deferral *d, const struct qname *table)
{
	const struct deferral_of of = { t->p->server, &t->p->names, table };

	deferral_make(d, &of, t->p->new, is_picked, t);
}

/* The servers' words for: not in this way, or not this one. */
static bool
is_no(struct err *e)
{
	if (e->kind != ERR_SQL || db_class(e->sqlno) == DB_CONFLICT)
		return false;
	e->kind = ERR_NONE;
	return true;
}

/* Is the table's definition what it was?  1, 0, or -1 with *e. */
static int
is_as_before(const struct trial *t, const struct table *was, struct err *e)
{
	struct str before = STR_INIT, after = STR_INIT;
	struct table *now = NULL;
	int rc = table_load(&now, t->db, &was->name, e);

	if (rc == 0) {
		table_definition(&before, was);
		table_definition(&after, now);
		rc = strcmp(before.s, after.s) == 0;
	}
	table_free(now);
	str_free(&before);
	str_free(&after);
	return rc;
}

/* But for what LIKE does not take over. */
static void
add_text(struct str *q, const struct table *t)
{
	struct str all = STR_INIT;

	str_addz(&all, "CREATE TABLE t ");
	table_definition(&all, t);
	ddl_like(q, all.s);
	str_free(&all);
}

/*
 * An ALTER TABLE can change what it does not name: MariaDB forgets some options
 * (PAGE_CHECKSUM), and MySQL gives the texts in a CHECK constraint that the
 * last ALTER TABLE has added another character set.  LIKE does the same, so
 * that it can be seen before anything has happened.
 */
static bool
is_alike(const struct table *a, const struct table *b)
{
	struct str x = STR_INIT, y = STR_INIT;
	bool same;

	add_text(&x, a);
	add_text(&y, b);
	same = strcmp(x.s, y.s) == 0;
	str_free(&x);
	str_free(&y);
	return same;
}

/* None at all. */
static void
refuse_all(struct trial *t, const struct deferral *d)
{
	size_t i;

	for (i = 0; i < d->n; i++) {
		t->refused = xrealloc(t->refused, t->n + 1,
		    sizeof(*t->refused));
		t->refused[t->n++] = d->index[i].name;
	}
}

/* One by one, each by itself: refused are those that the server refuses. */
static int
try_each(struct trial *t, const struct deferral *d, struct err *e)
{
	size_t i, before = t->n;

	for (i = 0; i < d->n; i++) {
		if (db_run_text(t->db, d->index[i].add, e) == 0)
			continue;
		if (!is_no(e))
			return -1;
		t->refused = xrealloc(t->refused, t->n + 1,
		    sizeof(*t->refused));
		t->refused[t->n++] = d->index[i].name;
	}
	/* All of them one by one, but not together: then none. */
	if (t->n == before)
		refuse_all(t, d);
	return 0;
}

/* Drop them and add them: 1 when that leaves the table as it was. */
static int
drop_and_add(struct trial *t, const struct deferral *d, struct err *e)
{
	struct table *was = NULL;
	int rc = table_load(&was, t->db, &t->like, e);

	t->odd = rc == 0 && !is_alike(was, t->p->new);
	if (t->odd)
		refuse_all(t, d);
	else if (rc == 0)
		rc = db_run_text(t->db, d->drop, e);
	if (rc == 0 && !t->odd && db_run_text(t->db, d->add, e) == 0)
		rc = is_as_before(t, was, e);
	else if (rc == 0 && !t->odd && !is_no(e))
		rc = -1;
	table_free(was);
	return rc;
}

/* Once, on a table like the new one: 1 when it went, 0 when not. */
static int
try_like(struct trial *t, struct err *e)
{
	size_t before = t->n;
	struct deferral d;
	int rc = 0;

	make(t, &d, &t->like);
	if (d.n > 0) {
		rc = db_run_text(t->db, d.forget, e) != 0 ||
		    db_run_text(t->db, d.remember, e) != 0 ? -1 :
		    drop_and_add(t, &d, e);
		if (rc == 0 && t->n == before)
			rc = try_each(t, &d, e);
	}
	deferral_free(&d);
	return rc;
}

/* The application's writes to its parents may lock the new table. */
static int
run_on(const struct trial *t, const char *sql, struct err *e)
{
	return mdl_run(t->db, MDL_ONE(&t->p->names.shadow),
	    &t->cfg->tries_create_triggers, sql, e);
}

/* It could not be built as it was to be: put it back, while it is empty. */
static int
put_back(const struct trial *t, const struct deferral *d, struct err *e)
{
	size_t end = strlen(", ") + strlen(deferral_online(t->p->server));
	struct str q = STR_INIT;
	int rc;

	str_add(&q, d->add, strlen(d->add) - end);
	rc = run_on(t, q.s, e);
	str_free(&q);
	if (rc == 0)
		rc = is_as_before(t, t->p->new, e);
	if (rc == 0)
		err_set(e, ERR_SQL, "indexes of %s were tried to be built "
		    "later, and could not be put back as they were",
		    t->p->names.shadow.sql);
	return rc == 1 ? 0 : -1;
}

/*
 * On the new table, which has what the one like it has not: foreign keys.
 * Returns 1 when the indexes are off, 0 when it is as it was.
 */
static int
try_it(const struct trial *t, const struct deferral *d, struct err *e)
{
	int rc;

	if (run_on(t, d->drop, e) != 0)
		return is_no(e) ? 0 : -1;
	if (run_on(t, d->add, e) != 0)
		return is_no(e) && put_back(t, d, e) == 0 ? 0 : -1;
	rc = is_as_before(t, t->p->new, e);
	if (rc == 1 && run_on(t, d->drop, e) != 0)
		rc = -1;
	if (rc != 0)
		return rc;
	err_set(e, ERR_SQL, "the definition of %s is another one after its "
	    "indexes were dropped and added", t->p->names.shadow.sql);
	return err_hint(e, "start again with --defer-indexes=never");
}

static int
run(struct trial *t, struct deferral *d, struct err *e)
{
	size_t before;
	int rc;

	do {
		before = t->n;
		rc = try_like(t, e);
	} while (rc == 0 && t->n > before);
	if (rc < 0)
		return -1;
	make(t, d, &t->p->names.shadow);
	if (d->n == 0) {
		d->why = t->odd ? "to add them would change other parts of its "
		    "definition" : t->n > 0 ? "the server does not build them "
		    "while others write" : "there is none that can be left "
		    "out";
		return 0;
	}
	rc = try_it(t, d, e);
	if (rc == 0) {
		deferral_free(d);
		d->why = "the server does not build them while others write";
	}
	return rc < 0 ? -1 : 0;
}

int
index_trial_forget(struct db *db, const struct deferral *d, struct undo *undo,
    struct err *e)
{
	if (db_run_text(db, d->forget, e) != 0)
		return -1;
	undo_forget(undo, UNDO_TRY);
	return 0;
}

int
index_trial_run(struct deferral *d, struct db *db, const struct plan *p,
    const struct config *cfg, struct undo *undo, struct err *e)
{
	struct trial t = { .db = db, .p = p, .cfg = cfg };
	int rc;

	names_trial(&t.like, &p->names);
	undo_push(undo, UNDO_TRY, "DROP TABLE IF EXISTS %s", t.like.sql);
	rc = run(&t, d, e);
	free(t.refused);
	if (rc == 0 && d->n == 0) {
		rc = db_run(db, e, "DROP TABLE IF EXISTS %s", t.like.sql);
		if (rc == 0)
			undo_forget(undo, UNDO_TRY);
	}
	return rc;
}
