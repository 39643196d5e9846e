#include "model/settle.h"

#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "model/cutover_fkeys.h"
#include "model/settle_triggers.h"
#include "model/standin.h"

#define MOST_LOST	1000	/* bytes that are shown of what may be a lie */

/* A column of the former table, in the one that takes its place; or back. */
static void
map_column(struct ident *to, const struct settle_view *v,
    const struct ident *column, bool forwards)
{
	struct err ignored = { .kind = ERR_NONE };
	const struct alter_item *it;
	const char *renamed;
	size_t i;

	*to = *column;
	if (forwards != v->reverting) {
		renamed = alter_renamed(v->alter, column->raw);
		if (renamed != NULL)
			ident_set(to, renamed, &ignored);
		return;
	}
	for (i = 0; i < v->alter->n; i++) {
		it = &v->alter->item[i];
		if (it->what == ALTER_RENAME_COLUMN &&
		    same_text(it->to.raw, column->raw))
			*to = it->from;
	}
}

/* --- statements -----------------------------------------------------------*/

static void
begin_clause(struct str *q)
{
	if (q->len > 0)
		str_addz(q, ", ");
}

/* What a key is to be. */
struct repoint {
	const struct ident *from, *to;
	const struct qname *parent;	/* NULL: as it is */
	bool map, forwards;		/* what it references: map_column() */
};

/* Clauses that make it that, with a comma after what is there. */
static void
add_repoint(struct str *q, const struct settle_view *v, const struct fkey *k,
    const struct repoint *t)
{
	struct ident *columns = xcalloc(k->n + 1, sizeof(*columns));
	size_t i;

	for (i = 0; i < k->n; i++)
		if (t->map)
			map_column(&columns[i], v, &k->referenced[i],
			    t->forwards);
		else
			columns[i] = k->referenced[i];
	begin_clause(q);
	fkey_keep_index(q, k);
	str_addf(q, "DROP FOREIGN KEY %s, ADD ", t->from->sql);
	fkey_definition(q, k, t->to, t->parent != NULL ? t->parent :
	    &k->parent, columns);
	free(columns);
}

static void
add_alter(struct settle_list *l, const struct qname *table,
    struct str *clauses)
{
	struct str q = STR_INIT;

	if (clauses->len > 0) {
		str_addf(&q, "ALTER TABLE %s %s", table->sql, clauses->s);
		settle_list_add(l, &q);
	}
	str_free(clauses);
}

/* Adds what is to be done to a key, if anything is, as a clause. */
typedef void clause_fn(struct str *q, const struct settle_view *v,
    const struct fkey *k);

/* In one statement. */
static void
alter_keys(struct settle_list *l, const struct settle_view *v,
    const struct fkeys *f, const struct qname *table, clause_fn *clause)
{
	struct str q = STR_INIT;
	size_t i;

	for (i = 0; i < f->n; i++)
		clause(&q, v, &f->key[i]);
	add_alter(l, table, &q);
}

/* --- back, when the tables were not swapped -------------------------------*/

/* Had the user's table a key of that name before? */
static bool
was_key(const struct settle_view *v, const struct ident *name)
{
	struct ident wait, whose;

	fkey_in_wait(&wait, name->raw);
	return standin_find(&whose, v->pairs, STANDIN_KEY, wait.raw) &&
	    strcmp(whose.raw, name->raw) == 0 &&
	    fkey_find(v->here, name->raw) == NULL &&
	    fkey_find(v->here, wait.raw) == NULL;
}

/* clause_fn: one that went before the RENAME, of which this is a copy. */
static void
bring_key(struct str *q, const struct settle_view *v, const struct fkey *k)
{
	bool turned = strcmp(k->parent.sql, v->names->shadow.sql) == 0;
	struct fkey was = *k;
	struct ident *columns, *referenced, name;
	size_t i;

	if (!standin_real(&name, v->pairs, STANDIN_KEY, k->name.raw) ||
	    !was_key(v, &name))
		return;
	columns = xcalloc(2 * k->n + 1, sizeof(*columns));
	referenced = columns + k->n;
	for (i = 0; i < k->n; i++) {
		map_column(&columns[i], v, &k->column[i], false);
		referenced[i] = k->referenced[i];
		if (turned)
			map_column(&referenced[i], v, &k->referenced[i],
			    false);
	}
	was.column = columns;
	begin_clause(q);
	str_addz(q, "ADD ");
	fkey_definition(q, &was, &name, turned ? &v->names->old : &k->parent,
	    referenced);
	free(columns);
}

/*
 * A child references that table: it is to reference the user's.  Not in one
 * statement when its name is to stay.
 */
static void
repoint_child(struct settle_list *l, const struct settle_view *v,
    const struct fkey *k)
{
	struct ident name = k->name, other;
	struct repoint t = { &k->name, &name, &v->names->old, true, v->swapped
	    };
	struct str q = STR_INIT;

	if (!standin_real(&name, v->pairs, STANDIN_CHILD, k->name.raw)) {
		fkey_stand_in(&other, k->name.raw);
		t.to = &other;
		add_repoint(&q, v, k, &t);
		add_alter(l, &k->child, &q);
		t.from = &other;
		t.to = &name;
	}
	add_repoint(&q, v, k, &t);
	add_alter(l, &k->child, &q);
}

static void
repoint_children(struct settle_list *l, const struct settle_view *v)
{
	const struct fkeys *f = &v->dependents_there->child;
	size_t i;

	for (i = 0; i < f->n && v->follow_children; i++)
		repoint_child(l, v, &f->key[i]);
}

/* clause_fn: a key of the table under another name gets its own. */
static void
name_key(struct str *q, const struct settle_view *v, const struct fkey *k)
{
	const struct names *n = v->names;
	bool out = v->swapped && strcmp(k->parent.sql, n->attic.sql) == 0;
	struct ident name;
	struct repoint t = { &k->name, &name, out ? &n->old : NULL, out, true };

	if (!standin_real(&name, v->pairs, STANDIN_KEY, k->name.raw))
		return;
	if (v->swapped && alter_drops_fkey(v->alter, name.raw)) {
		begin_clause(q);
		str_addf(q, "DROP FOREIGN KEY %s", k->name.sql);
	} else {
		add_repoint(q, v, k, &t);
	}
}

/* --- onwards, when they were ----------------------------------------------*/

/* clause_fn: an index that came with an added key is called like it. */
static void
name_index(struct str *q, const struct settle_view *v, const struct fkey *k)
{
	struct ident name;

	if (!standin_find(&name, v->pairs, STANDIN_KEY, k->name.raw) ||
	    !cutover_fkeys_names_index(k, &v->names->shadow))
		return;
	begin_clause(q);
	str_addf(q, "RENAME INDEX %s TO %s", k->index.sql, name.sql);
}

/* Is the user's table to have a key of that name at the end? */
static bool
comes_at_end(const struct settle_view *v, const char *name)
{
	struct fkeys f = FKEYS_INIT;
	bool yes;

	standin_apart(&f, v->pairs, &v->names->old);
	yes = fkey_find(&f, name) != NULL;
	fkey_free(&f);
	return yes;
}

/* Keys that the table was without until the swap (model/apart.h). */
static void
add_keys(struct settle_list *l, const struct settle_view *v)
{
	struct fkeys f = FKEYS_INIT;
	struct str q = STR_INIT;
	const struct fkey *k;
	size_t i;

	standin_apart(&f, v->pairs, &v->names->old);
	for (i = 0; i < f.n; i++) {
		k = &f.key[i];
		if (fkey_find(v->here, k->name.raw) != NULL)
			continue;
		begin_clause(&q);
		fkey_keep_index(&q, k);
		str_addz(&q, "ADD ");
		fkey_definition(&q, k, &k->name, &v->names->old, NULL);
	}
	add_alter(l, &v->names->old, &q);
	fkey_free(&f);
}

/* Where the old table is kept in step, too, triggers do what it did. */
static bool
is_apart(const struct settle_view *v, const struct fkey *k)
{
	struct ident name;

	cutover_fkeys_from_attic(&name, v->names, k);
	return strcmp(k->parent.sql, v->names->attic.sql) == 0 &&
	    comes_at_end(v, name.raw);
}

/* clause_fn: the old table's would keep the application from deleting
 * parents. */
static void
take_key(struct str *q, const struct settle_view *v, const struct fkey *k)
{
	const struct names *n = v->names;
	bool self = strcmp(k->parent.sql, n->attic.sql) == 0;
	struct ident name, to;
	struct repoint t = { &k->name, &to, self ? &n->old : NULL, self, true };

	if (!v->kept_in_step || is_apart(v, k)) {
		begin_clause(q);
		str_addf(q, "DROP FOREIGN KEY %s", k->name.sql);
	} else if (strstr(k->name.raw, "~livealter_") == NULL) {
		cutover_fkeys_from_attic(&name, n, k);
		fkey_in_wait(&to, name.raw);
		add_repoint(q, v, k, &t);
	}
}

/* Children that reference the new table already, under another name. */
static void
name_children(struct settle_list *l, const struct settle_view *v)
{
	const struct fkeys *f = &v->dependents_here->child;
	struct str q = STR_INIT;
	struct ident name;
	size_t i;

	for (i = 0; i < f->n && v->follow_children; i++) {
		struct repoint t = { &f->key[i].name, &name, NULL, false, false
		    };

		if (!standin_real(&name, v->pairs, STANDIN_CHILD,
		    f->key[i].name.raw))
			continue;
		add_repoint(&q, v, &f->key[i], &t);
		add_alter(l, &f->key[i].child, &q);
	}
}

/* --- all ------------------------------------------------------------------*/

static bool
has_key(const struct fkeys *f, const struct standin *p)
{
	return fkey_find(f, p->name) != NULL ||
	    fkey_find(f, p->stand_in) != NULL;
}

/* Is what the pair names somewhere, or was it dropped by the ALTER? */
static bool
is_there(const struct settle_view *v, const struct standin *p)
{
	if (strcmp(p->kind, STANDIN_TRIGGER) == 0)
		return settle_triggers_has(v->dependents_here, p->name) ||
		    settle_triggers_has(v->dependents_here, p->stand_in) ||
		    settle_triggers_has(v->dependents_there, p->name) ||
		    settle_triggers_has(v->dependents_there, p->stand_in);
	if (strcmp(p->kind, STANDIN_KEY) == 0)
		return has_key(v->here, p) || has_key(v->there, p) ||
		    !v->swapped || alter_drops_fkey(v->alter, p->name) ||
		    comes_at_end(v, p->name);
	return true;
}

static void
find_lost(struct str *lost, const struct settle_view *v)
{
	const char *list = v->pairs;
	struct standin p;

	while (standin_next(&p, &list)) {
		if (lost->len < MOST_LOST && !is_there(v, &p))
			str_addf(lost, "%s%s %s", lost->len > 0 ? ", " : "",
			    p.kind, p.name);
		standin_free(&p);
	}
	standin_free(&p);
}

void
settle_render(struct settle_list *l, const struct settle_view *v,
    struct str *lost)
{
	const struct names *n = v->names;

	find_lost(lost, v);
	if (v->swapped) {
		alter_keys(l, v, v->there, &n->attic, take_key);
		settle_triggers_move(l, v);
	} else {
		settle_triggers_back(l, v);
		alter_keys(l, v, v->there, &n->old, bring_key);
	}
	repoint_children(l, v);
	if (v->swapped)
		name_children(l, v);
	alter_keys(l, v, v->here, &n->old, name_key);
	if (v->swapped) {
		add_keys(l, v);
		alter_keys(l, v, v->here, &n->old, name_index);
	}
}
