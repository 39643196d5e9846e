#include "model/cutover_fkeys.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "base/util.h"
#include "model/pair.h"
#include "model/script.h"

/* The number in "<table>_ibfk_<number>", a name that the server chose; or 0. */
static unsigned long
chosen_number(const struct ident *name, const struct ident *table)
{
	size_t len = strlen(table->raw);
	const char *digits;

	if (strncmp(name->raw, table->raw, len) != 0 ||
	    strncmp(name->raw + len, "_ibfk_", strlen("_ibfk_")) != 0)
		return 0;
	digits = name->raw + len + strlen("_ibfk_");
	/* Anything longer was given by somebody, and may be no number of C. */
	len = strspn(digits, "0123456789");
	return len <= 9 && digits[len] == '\0' ? strtoul(digits, NULL, 10) : 0;
}

static void
choose_number(struct ident *to, const struct ident *table, unsigned long n)
{
	struct str after = STR_INIT;

	str_addf(&after, "_ibfk_%lu", n);
	ident_derive(to, "", table->raw, after.s);
	str_free(&after);
}

static void
add_alter(struct plan *p, enum script_lane lane, const struct qname *table,
    struct str *clauses)
{
	struct str q = STR_INIT;

	if (clauses->len > 0) {
		str_addf(&q, "ALTER TABLE %s %s", table->sql, clauses->s);
		script_add(&p->script, lane, NULL, &q);
	}
	str_free(clauses);
}

/* The highest number the server has chosen for the old table. */
static unsigned long
last_number(const struct plan *p)
{
	unsigned long n, last = 0;
	size_t i;

	for (i = 0; i < p->old->fkey.n; i++) {
		n = chosen_number(&p->old->fkey.key[i].name,
		    &p->names.old.table);
		last = n > last ? n : last;
	}
	return last;
}

/*
 * What a foreign key that the ALTER adds is to be called: as the ALTER says,
 * or as the server would go on to number them.
 */
static struct ident
name_of_added(const struct plan *p, const struct alter *a,
    const struct fkey *k)
{
	struct ident name = k->name, other;
	unsigned long n = chosen_number(&k->name, &p->names.shadow.table);
	size_t i;

	if (n > 0) {
		choose_number(&name, &p->names.old.table, n + last_number(p));
		return name;
	}
	for (i = 0; i < a->n; i++) {
		if (a->item[i].what != ALTER_ADD_FKEY)
			continue;
		alter_stand_in(&other, &a->item[i]);
		if (strcmp(other.raw, k->name.raw) == 0)
			name = a->item[i].from;
	}
	return name;
}

static bool
is_added(const struct plan *p, const struct fkey *k)
{
	size_t i;

	for (i = 0; p->added != NULL && i < p->added->n; i++)
		if (k == &p->added->key[i])
			return true;
	return false;
}

/* Has it the old table's names for what it references?  One that the ALTER adds
 * has those of the new one, as the ALTER says them. */
static bool
is_to_old(const struct plan *p, const struct fkey *k)
{
	return strcmp(k->parent.sql, p->names.old.sql) == 0 &&
	    !is_added(p, k);
}

/* What a key to the old table references in the new one. */
static void
map_referenced(struct ident *columns, const struct plan *p,
    const struct fkey *k)
{
	bool to_old = is_to_old(p, k);
	const struct column *c;
	const struct pair *pr;
	size_t i;

	for (i = 0; i < k->n; i++) {
		c = to_old ? table_column(p->old, k->referenced[i].raw) : NULL;
		pr = c != NULL ? pair_from(p, c) : NULL;
		columns[i] = pr != NULL ? pr->to->name : k->referenced[i];
	}
}

static void
add_definition(struct str *q, const struct plan *p, const struct fkey *k,
    const struct ident *name, const struct qname *to)
{
	struct ident *columns = xcalloc(k->n + 1, sizeof(*columns));

	map_referenced(columns, p, k);
	fkey_definition(q, k, name, to, columns);
	free(columns);
}

/* One clause: the key is called otherwise; and if it is not NULL, references
 * this table, which is the new one. */
static void
add_renamed(struct str *q, const struct plan *p, const struct fkey *k,
    const struct ident *from, const struct ident *to,
    const struct qname *new)
{
	if (q->len > 0)
		str_addz(q, ", ");
	fkey_keep_index(q, k);
	str_addf(q, "DROP FOREIGN KEY %s, ADD ", from->sql);
	if (new != NULL)
		add_definition(q, p, k, to, new);
	else
		fkey_definition(q, k, to, &k->parent, NULL);
}

/* To the table itself, whatever that is called? */
static bool
is_inside(const struct plan *p, const struct fkey *k)
{
	return fkey_is_self(k) ||
	    strcmp(k->parent.sql, p->names.old.sql) == 0;
}

/*
 * After the RENAME: the key under this name instead of that one, or not at
 * all.  What references the old table, or in a revert the table itself,
 * is to reference the one that is called so now.
 */
static void
add_clause(struct str *q, const struct plan *p, const struct fkey *k,
    const struct ident *from, const struct ident *to)
{
	if (to == NULL)
		str_addf(q, "%sDROP FOREIGN KEY %s", q->len > 0 ? ", " : "",
		    from->sql);
	else
		add_renamed(q, p, k, from, to, is_inside(p, k) ?
		    &p->names.old : NULL);
}

/* What a key to the table itself is called from before the RENAME on. */
static void
turned_name(struct ident *to, const struct ident *name)
{
	ident_derive(to, "livealter_", name->raw, "");
}

/*
 * On MariaDB no session is kept out after the RENAME: what references the table
 * itself must reference the new one before.
 */
void
cutover_fkeys_repoint(struct plan *p)
{
	struct str q = STR_INIT;
	const struct fkey *k;
	struct ident name;
	size_t i;

	for (i = 0; i < p->new->fkey.n; i++) {
		k = &p->new->fkey.key[i];
		if (strcmp(k->parent.sql, p->names.old.sql) != 0)
			continue;
		turned_name(&name, &k->name);
		add_renamed(&q, p, k, &k->name, &name, &p->names.shadow);
	}
	add_alter(p, SCRIPT_HOLDER, &p->names.shadow, &q);
}

/* Its name when it is to get its own one back. */
static struct ident
name_before(const struct plan *p, const struct fkey *k)
{
	struct ident name = k->name;

	if (p->server->mariadb &&
	    strcmp(k->parent.sql, p->names.old.sql) == 0)
		turned_name(&name, &k->name);
	return name;
}

/* Did the index come with a key of the ALTER's, under the key's name? */
static bool
came_with(const struct ident *index, const struct ident *key,
    const struct qname *shadow)
{
	return strcmp(index->raw, key->raw) == 0 &&
	    chosen_number(key, &shadow->table) == 0;
}

bool
cutover_fkeys_names_index(const struct fkey *k, const struct qname *shadow)
{
	struct ident name;

	turned_name(&name, &k->index);
	return k->index.raw[0] != '\0' &&
	    strcmp(name.raw, k->name.raw) == 0 &&
	    came_with(&k->index, &k->index, shadow);
}

/* Those that the new table was without: the old one has lost them by now. */
static void
add_apart(struct str *q, const struct plan *p, const struct alter *a)
{
	const struct fkey *k;
	size_t i;

	for (i = 0; i < p->apart_new.n; i++) {
		k = &p->apart_new.key[i];
		if (alter_drops_fkey(a, k->name.raw))
			continue;
		if (q->len > 0)
			str_addz(q, ", ");
		fkey_keep_index(q, k);
		str_addz(q, "ADD ");
		fkey_definition(q, k, &k->name, &p->names.old, NULL);
	}
}

/* ALTER TABLE says so before it has made anything. */
static int
refuse_index(const struct ident *name, struct err *e)
{
	err_set(e, ERR_ALTER, "Duplicate key name '%s'", name->raw);
	e->sqlno = 1061;
	return err_hint(e, "the index that comes with the foreign key is to be "
	    "called like it; drop the one that has the name, too");
}

/*
 * Names come back.  What references the table itself, until now the old one,
 * references the one of its name then: the new one.
 */
int
cutover_fkeys_name(struct plan *p, const struct alter *a, struct err *e)
{
	struct str q = STR_INIT, all = STR_INIT;
	const struct fkey *k, *was;
	struct ident name, other;
	size_t i;
	int rc = 0;

	for (i = 0; i < p->new->fkey.n; i++) {
		k = &p->new->fkey.key[i];
		was = fkey_original(&p->old->fkey, k);
		other = name_before(p, k);
		if (was != NULL)
			add_clause(&q, p, k, &other,
			    alter_drops_fkey(a, was->name.raw) ? NULL :
			    &was->name);
	}
	add_apart(&q, p, a);
	for (i = 0; i < p->added->n; i++) {
		k = &p->added->key[i];
		name = name_of_added(p, a, k);
		cutover_fkeys_added(&other, k);
		add_clause(&q, p, k, &other, &name);
		/* An index that came with it is called like it. */
		if (strcmp(k->name.raw, name.raw) == 0 ||
		    !came_with(&k->index, &k->name, &p->names.shadow))
			continue;
		if (table_key(p->new, name.raw) != NULL)
			rc = refuse_index(&name, e);
		str_addf(&all, "%sRENAME INDEX %s TO %s",
		    all.len > 0 ? ", " : "", k->index.sql, name.sql);
	}
	add_alter(p, SCRIPT_TABLE, &p->names.old, &q);
	add_alter(p, SCRIPT_TABLE, &p->names.old, &all);
	return rc;
}

void
cutover_fkeys_added(struct ident *to, const struct fkey *k)
{
	ident_derive(to, "livealter_", k->name.raw, "");
}

void
cutover_fkeys_pairs(const struct plan *p, const struct alter *a,
    cutover_fkeys_pair_fn *fn, void *arg)
{
	const struct fkey *k, *was;
	struct ident name, other;
	size_t i;

	for (i = 0; i < p->old->fkey.n; i++) {
		k = &p->old->fkey.key[i];
		fkey_in_wait(&other, k->name.raw);
		fn(arg, &other, &k->name);
	}
	for (i = 0; i < p->new->fkey.n; i++) {
		k = &p->new->fkey.key[i];
		was = fkey_original(&p->old->fkey, k);
		if (was == NULL)
			continue;
		fn(arg, &k->name, &was->name);
		other = name_before(p, k);
		if (strcmp(other.raw, k->name.raw) != 0)
			fn(arg, &other, &was->name);
	}
	for (i = 0; i < p->added->n; i++) {
		k = &p->added->key[i];
		name = name_of_added(p, a, k);
		cutover_fkeys_added(&other, k);
		fn(arg, &other, &name);
	}
}

/* What references the table itself references it by its own name. */
static void
add_final(struct fkeys *f, const struct plan *p, const struct alter *a,
    const struct fkey *k, const struct ident *name)
{
	const struct column *c;
	const char *as;
	struct fkey *to;
	size_t i;

	fkey_add(f, k);
	to = &f->key[f->n - 1];
	to->name = *name;
	if (!is_inside(p, k))
		return;
	to->parent = p->names.old;
	for (i = 0; i < k->n && is_to_old(p, k); i++) {
		as = alter_renamed(a, k->referenced[i].raw);
		c = as != NULL ? table_column(p->new, as) : NULL;
		if (c != NULL)
			to->referenced[i] = c->name;
	}
}

void
cutover_fkeys_final(struct fkeys *f, const struct plan *p,
    const struct alter *a)
{
	const struct fkey *k, *was;
	struct ident name;
	size_t i;

	for (i = 0; i < p->new->fkey.n; i++) {
		k = &p->new->fkey.key[i];
		was = fkey_original(&p->old->fkey, k);
		if (was != NULL && alter_drops_fkey(a, was->name.raw))
			continue;
		name = was != NULL ? was->name : name_of_added(p, a, k);
		add_final(f, p, a, k, &name);
	}
	for (i = 0; i < p->apart_new.n; i++)
		if (!alter_drops_fkey(a, p->apart_new.key[i].name.raw))
			add_final(f, p, a, &p->apart_new.key[i],
			    &p->apart_new.key[i].name);
	for (i = 0; p->added != NULL && i < p->added->n; i++) {
		name = name_of_added(p, a, &p->added->key[i]);
		add_final(f, p, a, &p->added->key[i], &name);
	}
}

/* If it is one to the table itself. */
static void
add_inside(struct fkeys *f, const struct plan *p, const struct fkey *k,
    const struct ident *name)
{
	struct fkey *to;

	if (!is_inside(p, k))
		return;
	fkey_add(f, k);
	to = &f->key[f->n - 1];
	to->name = *name;
	map_referenced(to->referenced, p, k);
}

/* On MariaDB those that are dropped go when they are turned already. */
void
cutover_fkeys_inside(struct fkeys *f, const struct plan *p,
    const struct alter *a)
{
	const struct fkey *k, *was;
	struct ident name;
	size_t i;

	for (i = 0; i < p->new->fkey.n; i++) {
		k = &p->new->fkey.key[i];
		was = fkey_original(&p->old->fkey, k);
		if (was != NULL && (p->server->mariadb ||
		    !alter_drops_fkey(a, was->name.raw)))
			add_inside(f, p, k, &was->name);
	}
	for (i = 0; i < p->apart_new.n; i++)
		if (!alter_drops_fkey(a, p->apart_new.key[i].name.raw))
			fkey_add(f, &p->apart_new.key[i]);
	for (i = 0; p->added != NULL && i < p->added->n; i++) {
		name = name_of_added(p, a, &p->added->key[i]);
		add_inside(f, p, &p->added->key[i], &name);
	}
}

void
cutover_fkeys_from_attic(struct ident *to, const struct names *n,
    const struct fkey *k)
{
	unsigned long number = chosen_number(&k->name, &n->attic.table);

	*to = k->name;
	if (number > 0)
		choose_number(to, &n->old.table, number);
}

/* What the server calls it when the table is renamed with it. */
static void
name_in_attic(struct ident *to, const struct plan *p, const struct fkey *k)
{
	unsigned long n = chosen_number(&k->name, &p->names.old.table);

	*to = k->name;
	if (n > 0)
		choose_number(to, &p->names.attic.table, n);
}

/*
 * The old table has no rows that the application could take away any more,
 * so a foreign key on it would keep it from deleting parents.  Where it is
 * kept in step it has the same rows, and needs the same cascades, which fire
 * no triggers; but for those that are done by triggers (apart.h).
 */
void
cutover_fkeys_take(struct plan *p)
{
	struct str q = STR_INIT;
	const struct fkey *k;
	struct ident from, to;
	size_t i;

	for (i = 0; i < p->old->fkey.n; i++) {
		k = &p->old->fkey.key[i];
		name_in_attic(&from, p, k);
		fkey_in_wait(&to, k->name.raw);
		add_clause(&q, p, k, &from, p->kept_in_step &&
		    !(p->is_apart && fkey_is_self(k)) ? &to : NULL);
	}
	add_alter(p, SCRIPT_ATTIC, &p->names.attic, &q);
}

/*
 * MariaDB, where the old table is kept in step: once it is renamed an
 * application may use it by our triggers, and then wait for a parent that is
 * locked for as long as the swap takes.
 */
void
cutover_fkeys_wait(struct plan *p)
{
	struct str forth = STR_INIT, back = STR_INIT;
	const struct fkey *k;
	struct ident name;
	size_t i;

	for (i = 0; i < p->old->fkey.n; i++) {
		k = &p->old->fkey.key[i];
		fkey_in_wait(&name, k->name.raw);
		add_renamed(&forth, p, k, &k->name, &name, NULL);
		add_renamed(&back, p, k, &name, &k->name, NULL);
	}
	add_alter(p, SCRIPT_HOLDER, &p->names.old, &forth);
	add_alter(p, SCRIPT_RESTORE, &p->names.old, &back);
}

/* Each clause has a comma behind it. */
static void
add_alter_but_comma(struct plan *p, enum script_lane lane, struct str *clauses)
{
	if (clauses->len > 0)
		clauses->s[clauses->len -= strlen(", ")] = '\0';
	add_alter(p, lane, &p->names.old, clauses);
}

bool
cutover_fkeys_leaves_parents(const struct plan *p)
{
	return p->server->mariadb && (p->kept_in_step ||
	    p->dependents->n_triggers > 0 || p->dependents->child.n > 0);
}

/*
 * Both ways can be run again.  A key cannot be dropped and added by the same
 * name in one statement, and to add one that is there is an error that can
 * mean anything (1005).
 */
void
cutover_fkeys_drop(struct plan *p)
{
	struct str drop = STR_INIT, clear = STR_INIT, add = STR_INIT;
	const struct fkey *k;
	size_t i;

	for (i = 0; i < p->old->fkey.n; i++) {
		k = &p->old->fkey.key[i];
		fkey_keep_index(&drop, k);
		str_addf(&drop, "DROP FOREIGN KEY %s, ", k->name.sql);
		str_addf(&clear, "DROP FOREIGN KEY IF EXISTS %s, ",
		    k->name.sql);
		fkey_keep_index(&add, k);
		str_addz(&add, "ADD ");
		fkey_definition(&add, k, &k->name, &k->parent, NULL);
		str_addz(&add, ", ");
	}
	add_alter_but_comma(p, SCRIPT_HOLDER, &drop);
	add_alter_but_comma(p, SCRIPT_RESTORE, &clear);
	add_alter_but_comma(p, SCRIPT_RESTORE, &add);
}
