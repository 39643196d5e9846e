#include "steps/fkey_names.h"

#include <stdlib.h>

#include "base/str.h"
#include "base/util.h"
#include "model/cutover_fkeys.h"

struct names_wanted {
	const struct plan *p;
	struct ident *name;
	size_t n;
};

/* Is it one that a table of ours has, and so is ours to have again? */
static bool
is_ours(const struct plan *p, const char *name)
{
	return fkey_find(&p->old->fkey, name) != NULL ||
	    fkey_find(&p->new->fkey, name) != NULL ||
	    fkey_find(&p->dependents->child, name) != NULL;
}

static void
want(struct names_wanted *w, const struct ident *name)
{
	size_t i;

	for (i = 0; i < w->n; i++)
		if (same_text(w->name[i].raw, name->raw))
			return;
	if (is_ours(w->p, name->raw))
		return;
	w->name = xrealloc(w->name, w->n + 1, sizeof(*w->name));
	w->name[w->n++] = *name;
}

/* cutover_fkeys_pair_fn */
static void
want_both(void *arg, const struct ident *stand_in, const struct ident *name)
{
	want(arg, stand_in);
	want(arg, name);
}

static void
find_names(struct names_wanted *w, const struct alter *a)
{
	const struct plan *p = w->p;
	const struct fkey *k;
	struct ident other;
	size_t i;

	cutover_fkeys_pairs(p, a, want_both, w);
	for (i = 0; p->follow_children && i < p->dependents->child.n; i++) {
		k = &p->dependents->child.key[i];
		fkey_stand_in(&other, k->name.raw);
		if (same_text(k->child.db.raw, p->names.old.db.raw))
			want(w, &other);
	}
}

/* undo_run_fn: no other session has come to it. */
static int
drop(void *arg, enum undo_what what, const char *sql, struct err *e)
{
	(void)what;
	return db_run_text(arg, sql, e);
}

/* A table whose foreign keys to itself have these names, and away with it. */
static int
try_some(struct db *db, const struct plan *p, const struct ident *name,
    size_t n, struct undo *undo, struct err *e)
{
	struct err e2 = { .kind = ERR_NONE };
	struct str q = STR_INIT;
	struct qname trial;
	size_t i;
	int rc;

	names_trial(&trial, &p->names);
	str_addf(&q, "CREATE TABLE %s (id INT PRIMARY KEY, up INT, KEY (up)",
	    trial.sql);
	for (i = 0; i < n; i++)
		str_addf(&q, ", CONSTRAINT %s FOREIGN KEY (up) REFERENCES "
		    "%s (id)", name[i].sql, trial.sql);
	str_addz(&q, ") ENGINE=InnoDB");
	undo_push(undo, UNDO_TRY, "DROP TABLE IF EXISTS %s", trial.sql);
	rc = db_run_text(db, q.s, e);
	str_free(&q);
	return undo_run(undo, UNDO_TRY, drop, db, rc == 0 ? e : &e2) != 0 ?
	    -1 : rc;
}

/* Which of them is it?  The servers' messages do not all tell. */
static int
blame(const struct names_wanted *w, struct db *db, struct undo *undo,
    struct err *e)
{
	struct err why;
	size_t i;

	for (i = 0; i < w->n; i++) {
		why = (struct err){ .kind = ERR_NONE };
		if (try_some(db, w->p, &w->name[i], 1, undo, &why) == 0)
			continue;
		if (why.kind != ERR_SQL) {
			*e = why;
			return -1;
		}
		err_set(e, ERR_ALTER, "Duplicate foreign key constraint name "
		    "'%s': %s", w->name[i].raw, why.text);
		e->sqlno = why.sqlno;
		return err_hint(e, "another table of the schema, which may be "
		    "one that %s cannot see, has a foreign key of that name",
		    w->p->server->user);
	}
	return -1;
}

int
fkey_names_try(struct db *db, const struct plan *p, const struct alter *a,
    const struct config *cfg, struct undo *undo, struct err *e)
{
	struct names_wanted w = { p, NULL, 0 };
	int rc = 0;

	if (!config_without(cfg, "fkey-names"))
		find_names(&w, a);
	if (w.n > 0)
		rc = try_some(db, p, w.name, w.n, undo, e);
	/* What needs no more rights than it has is not to fail here. */
	if (rc != 0 && e->kind == ERR_SQL && db_class(e->sqlno) == DB_DENIED) {
		e->kind = ERR_NONE;
		rc = 0;
	}
	if (rc != 0 && e->kind == ERR_SQL)
		rc = blame(&w, db, undo, e);
	free(w.name);
	return rc;
}

int
fkey_names_look(struct db *db, const struct plan *p, const struct alter *a,
    struct err *e)
{
	struct fkeys want = FKEYS_INIT, is = FKEYS_INIT;
	size_t i;
	int rc;

	cutover_fkeys_final(&want, p, a);
	rc = want.n > 0 ? fkey_own(&is, db, &p->names.old, e) : 0;
	for (i = 0; rc == 0 && i < want.n; i++) {
		if (fkey_find(&is, want.key[i].name.raw) != NULL)
			continue;
		rc = err_set(e, ERR_FKEYS, "%s has no foreign key called %s: "
		    "another table of the schema has one by now, and this one "
		    "has the name that it had until the swap",
		    p->names.old.sql, want.key[i].name.sql);
		err_hint(e, "once the name is free, ALTER TABLE can drop the "
		    "one, and add the other");
	}
	fkey_free(&want);
	fkey_free(&is);
	return rc;
}
