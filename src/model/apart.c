#include "model/apart.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/util.h"
#include "model/convert.h"
#include "model/hint.h"
#include "model/pair.h"
#include "model/sql.h"

/* --- which they are -------------------------------------------------------*/

static bool
deletes(const struct fkey *k)
{
	return same_text(k->on_delete, "CASCADE");
}

static bool
is_generated(const struct table *t, const struct ident *names, size_t n)
{
	const struct column *c;
	size_t i;

	for (i = 0; i < n; i++) {
		c = table_column(t, names[i].raw);
		if (c == NULL || c->generated)
			return true;
	}
	return false;
}

bool
apart_wanted(const struct server *s, const struct table *old)
{
	bool any = false, acts = false, cascades = false;
	const struct fkey *k;
	size_t i;

	for (i = 0; i < old->fkey.n && s->keys_above; i++) {
		k = &old->fkey.key[i];
		if (!fkey_is_self(k)) {
			cascades = cascades || deletes(k);
			continue;
		}
		any = true;
		acts = acts || fkey_acts_on_delete(k);
		if (is_generated(old, k->column, k->n) ||
		    is_generated(old, k->referenced, k->n))
			return false;
	}
	return any && !(acts && cascades);
}

bool
apart_is(const struct server *s, const struct table *old,
    const struct table *new)
{
	const struct fkey *k;
	bool any = false;
	size_t i;

	for (i = 0; i < old->fkey.n; i++)
		any = any || fkey_is_self(&old->fkey.key[i]);
	for (i = 0; i < new->fkey.n; i++) {
		k = fkey_original(&old->fkey, &new->fkey.key[i]);
		if (k != NULL && fkey_is_self(k))
			return false;
	}
	return any && !s->mariadb;
}

/* The index of just these columns, if it is not unique; see fkey.h. */
static void
find_index(struct fkey *k, const struct table *t)
{
	const struct key *key;
	size_t i, j;

	k->index.raw[0] = '\0';
	for (i = 0; i < t->n_keys && k->index.raw[0] == '\0'; i++) {
		key = &t->key[i];
		if (key->unique || key->opaque || key->n != k->n)
			continue;
		for (j = 0; j < k->n && key->part[j].prefix == 0 &&
		    same_text(t->column[key->part[j].column].name.raw,
		    k->column[j].raw); j++)
			;
		if (j == k->n)
			k->index = key->name;
	}
}

/* What becomes of these columns; false: one is dropped. */
static bool
map_columns(struct ident *names, size_t n, const struct plan *p)
{
	const struct column *c;
	const struct pair *pr;
	size_t i;

	for (i = 0; i < n; i++) {
		c = table_column(p->old, names[i].raw);
		pr = c != NULL ? pair_from(p, c) : NULL;
		if (pr == NULL)
			return false;
		names[i] = pr->to->name;
	}
	return true;
}

/* The key of a column more or less is another one, whatever it is called. */
static int
compare_keys(const void *a, const void *b)
{
	const struct fkey *x = a, *y = b;
	int rc = x->n < y->n ? -1 : x->n > y->n;
	size_t i;

	for (i = 0; rc == 0 && i < x->n; i++)
		rc = strcasecmp(x->column[i].raw, y->column[i].raw);
	for (i = 0; rc == 0 && i < x->n; i++)
		rc = strcasecmp(x->referenced[i].raw, y->referenced[i].raw);
	return rc != 0 ? rc : strcmp(x->name.raw, y->name.raw);
}

/* Those of the new table, by which it will be known in a revert. */
static void
take_keys(struct plan *p, const struct fkeys *from)
{
	size_t i;

	for (i = 0; i < from->n; i++)
		if (fkey_is_self(&from->key[i]))
			fkey_add(&p->apart, &from->key[i]);
	if (p->apart.n > 1)
		qsort(p->apart.key, p->apart.n, sizeof(*p->apart.key),
		    compare_keys);
}

/* What becomes of the i-th. */
static int
map_key(struct plan *p, size_t i, struct err *e)
{
	struct fkey *k;

	fkey_add(&p->apart_new, &p->apart.key[i]);
	k = &p->apart_new.key[i];
	if (!map_columns(k->column, k->n, p) ||
	    !map_columns(k->referenced, k->n, p))
		return err_set(e, ERR_REFUSED, "foreign key %s of the table to "
		    "itself has a column that is generated after the ALTER",
		    k->name.sql);
	find_index(k, p->new);
	return 0;
}

/* Has it its columns on both sides, so that the trigger can do its part? */
static bool
is_mapped(const struct plan *p, const struct fkey *k)
{
	struct fkeys copy = FKEYS_INIT;
	bool yes;

	fkey_add(&copy, k);
	yes = map_columns(copy.key[0].column, k->n, p) &&
	    map_columns(copy.key[0].referenced, k->n, p);
	fkey_free(&copy);
	return yes;
}

/*
 * Once the columns are paired.  A table that has its keys again tells by them
 * what they are; of one that is to get them the plan knows.
 */
int
apart_find(struct plan *p, const struct plan *forth, const struct alter *a,
    struct err *e)
{
	size_t i;

	if (!p->is_apart)
		return 0;
	take_keys(p, &p->old->fkey);
	if (p->apart.n == 0 && forth != NULL)
		take_keys(p, &forth->apart_new);
	for (i = 0; i < p->apart.n; )
		if (!is_mapped(p, &p->apart.key[i]) &&
		    alter_drops_fkey(a, p->apart.key[i].name.raw))
			fkey_remove(&p->apart, i);
		else if (map_key(p, i++, e) != 0)
			return -1;
	return 0;
}

static bool
any(const struct plan *p, bool (*is)(const struct fkey *k))
{
	size_t i;

	for (i = 0; i < p->apart.n; i++)
		if (is(&p->apart.key[i]))
			return true;
	return false;
}

bool
apart_acts(const struct plan *p)
{
	return any(p, fkey_acts_on_delete);
}

/* --- the trigger ----------------------------------------------------------*/

/* "`shadow` alias FORCE INDEX (...)", by the columns of a key. */
static void
add_table(struct str *q, const struct plan *p, const char *alias,
    const struct ident *columns, size_t n)
{
	const struct key *key = table_leading(p->new, columns, n);

	str_addf(q, "%s %s", p->names.shadow.sql, alias);
	if (key != NULL)
		str_addf(q, " FORCE INDEX (%s)", key->name.sql);
}

/* alias.`column` = what it references of OLD, or of d. */
static void
add_child(struct str *q, const struct plan *p, size_t i, const char *alias,
    bool of_old)
{
	const struct fkey *k = &p->apart.key[i], *to = &p->apart_new.key[i];
	const struct column *c;
	size_t j;

	for (j = 0; j < k->n; j++) {
		str_addf(q, "%s%s.%s = ", j > 0 ? " AND " : "", alias,
		    to->column[j].sql);
		c = table_column(p->old, k->referenced[j].raw);
		if (of_old)
			sql_key(q, p, pair_from(p, c), "OLD");
		else
			str_addf(q, "d.%s", to->referenced[j].sql);
	}
}

/*
 * No row is left in the old table that the i-th key's action would have come
 * to: REPLACE fires the trigger and has no cascade where what is referenced
 * stays, nor has a session that checks no foreign keys.
 */
static void
add_happened(struct str *q, const struct plan *p, size_t i)
{
	const struct fkey *k = &p->apart.key[i];
	const struct key *key = table_leading(p->old, k->column, k->n);
	size_t j;

	str_addf(q, " AND NOT EXISTS (SELECT 1 FROM %s o", p->names.old.sql);
	if (key != NULL)
		str_addf(q, " FORCE INDEX (%s)", key->name.sql);
	for (j = 0; j < k->n; j++)
		str_addf(q, "%so.%s = OLD.%s", j > 0 ? " AND " : " WHERE ",
		    k->column[j].sql, k->referenced[j].sql);
	str_addz(q, ")");
}

/* Has the list of columns that name already? */
static bool
has_name(const struct str *list, const char *alias, const struct ident *name)
{
	struct str one = STR_INIT;
	bool yes;

	str_addf(&one, "%s.%s, ", alias, name->sql);
	yes = list->len > 0 && strstr(list->s, one.s) != NULL;
	str_free(&one);
	return yes;
}

static void
add_name(struct str *list, const char *alias, const struct ident *name)
{
	if (!has_name(list, alias, name))
		str_addf(list, "%s.%s, ", alias, name->sql);
}

/* The key of a row, and what may be referenced in it. */
static void
add_columns(struct str *q, const struct plan *p, const char *alias)
{
	struct str list = STR_INIT;
	const struct fkey *k;
	size_t i, j;

	for (i = 0; i < p->n_id; i++)
		add_name(&list, alias, &p->id[i]->to->name);
	for (i = 0; i < p->apart_new.n; i++) {
		k = &p->apart_new.key[i];
		for (j = 0; j < k->n && fkey_acts_on_delete(k); j++)
			add_name(&list, alias, &k->referenced[j]);
	}
	list.s[list.len - strlen(", ")] = '\0';
	str_addz(q, list.s);
	str_free(&list);
}

/*
 * d: the rows of the new table that go with OLD, by as many keys as delete.
 * UNION DISTINCT ends where they form a circle.  The order of the tables and
 * the indexes are said, because what is not found by one would be locked.
 */
static void
add_descendants(struct str *q, const struct plan *p)
{
	const struct fkey *k;
	size_t i, round;
	bool any = false;

	str_addz(q, "(WITH RECURSIVE d AS (");
	for (round = 0; round < 2; round++)
		for (i = 0; i < p->apart_new.n; i++) {
			k = &p->apart_new.key[i];
			if (!deletes(k))
				continue;
			str_addz(q, any ? " UNION DISTINCT SELECT " :
			    "SELECT ");
			any = true;
			add_columns(q, p, "c");
			str_addz(q, round > 0 ? " FROM d STRAIGHT_JOIN " :
			    " FROM ");
			add_table(q, p, "c", k->column, k->n);
			str_addz(q, round > 0 ? " ON " : " WHERE ");
			add_child(q, p, i, "c", round == 0);
			if (round == 0)
				add_happened(q, p, i);
		}
	str_addz(q, ") SELECT * FROM d) d");
}

/* A cascade sets nothing else, also where an UPDATE would. */
static void
add_nulls(struct str *q, const struct plan *p, const struct fkey *k)
{
	const struct column *c;
	size_t i;

	for (i = 0; i < k->n; i++)
		str_addf(q, "%sn.%s = NULL", i > 0 ? ", " : " SET ",
		    k->column[i].sql);
	for (i = 0; i < p->new->n_columns; i++) {
		c = &p->new->column[i];
		if (c->extra != NULL && strstr(c->extra, "on update") != NULL)
			str_addf(q, ", n.%s = n.%s", c->name.sql, c->name.sql);
	}
}

static void
add_set_null(struct str *q, const struct plan *p, size_t i,
    const char *indent)
{
	const struct fkey *k = &p->apart_new.key[i];

	str_addf(q, "%sUPDATE", indent);
	hint_add(q, p, true);
	str_addz(q, " ");
	add_table(q, p, "n", k->column, k->n);
	add_nulls(q, p, k);
	str_addz(q, " WHERE ");
	add_child(q, p, i, "n", true);
	add_happened(q, p, i);
	str_addz(q, ";\n");
	if (!any(p, deletes))
		return;
	str_addf(q, "%sUPDATE", indent);
	hint_add(q, p, true);
	str_addz(q, " ");
	add_descendants(q, p);
	str_addz(q, " STRAIGHT_JOIN ");
	add_table(q, p, "n", k->column, k->n);
	str_addz(q, " ON ");
	add_child(q, p, i, "n", false);
	add_nulls(q, p, k);
	str_addz(q, ";\n");
}

static void
add_deletes(struct str *q, const struct plan *p, const char *indent)
{
	size_t i;

	str_addf(q, "%sDELETE", indent);
	hint_add(q, p, true);
	str_addz(q, " n FROM ");
	add_descendants(q, p);
	str_addf(q, " STRAIGHT_JOIN %s n FORCE INDEX (%s) ON ",
	    p->names.shadow.sql, p->id_index.sql);
	for (i = 0; i < p->n_id; i++)
		str_addf(q, "%sn.%s = d.%s", i > 0 ? " AND " : "",
		    p->id[i]->to->name.sql, p->id[i]->to->name.sql);
	str_addz(q, ";\n");
}

/* A note is no reason to leave the rest undone. */
void
apart_delete(struct str *q, const struct plan *p, const char *indent)
{
	struct str in = STR_INIT;
	const struct fkey *k;
	size_t i;

	if (!apart_acts(p))
		return;
	str_addf(&in, "%s  ", indent);
	str_addf(q, "%sBEGIN\n%sDECLARE CONTINUE HANDLER FOR SQLWARNING "
	    "BEGIN END;\n", indent, in.s);
	for (i = 0; i < p->apart_new.n; i++) {
		k = &p->apart_new.key[i];
		if (fkey_acts_on_delete(k) && !deletes(k))
			add_set_null(q, p, i, in.s);
	}
	if (any(p, deletes))
		add_deletes(q, p, in.s);
	str_addf(q, "%sEND;\n", indent);
	str_free(&in);
}

/* --- what the copy was not there for --------------------------------------*/

/*
 * The row n of the new table has a parent by this key, and the old table
 * neither that parent nor such a row.  NOWAIT, as n is locked already.
 */
static void
add_stale(struct str *q, const struct plan *p, size_t i, const char *locking)
{
	const struct fkey *k = &p->apart.key[i], *to = &p->apart_new.key[i];
	size_t j;

	for (j = 0; j < k->n; j++)
		str_addf(q, "n.%s IS NOT NULL AND ", to->column[j].sql);
	str_addf(q, "NOT EXISTS (SELECT 1 FROM %s o WHERE ",
	    p->names.old.sql);
	for (j = 0; j < p->n_id; j++) {
		str_addf(q, "%sn.%s = ", j > 0 ? " AND " : "",
		    p->id[j]->to->name.sql);
		sql_key(q, p, p->id[j], "o");
	}
	for (j = 0; j < k->n && !deletes(k); j++) {
		str_addf(q, " AND n.%s = ", to->column[j].sql);
		sql_key(q, p, pair_from(p, table_column(p->old,
		    k->column[j].raw)), "o");
	}
	str_addf(q, "%s)", locking);
}

static void
add_no_parent(struct str *q, const struct plan *p, size_t i)
{
	const struct fkey *k = &p->apart.key[i], *to = &p->apart_new.key[i];
	size_t j;

	str_addf(q, " AND NOT EXISTS (SELECT 1 FROM %s o WHERE ",
	    p->names.old.sql);
	for (j = 0; j < k->n; j++) {
		str_addf(q, "%sn.%s = ", j > 0 ? " AND " : "",
		    to->column[j].sql);
		sql_key(q, p, pair_from(p, table_column(p->old,
		    k->referenced[j].raw)), "o");
	}
	str_addz(q, ")");
}

bool
apart_find_stale(struct str *q, const struct plan *p, size_t i)
{
	bool yes = fkey_acts_on_delete(&p->apart.key[i]);
	size_t j;

	str_addz(q, "SELECT ");
	for (j = 0; j < p->n_id && yes; j++) {
		str_addz(q, j > 0 ? ", " : "");
		yes = convert_literal(q, p->id[j]->to);
	}
	str_addf(q, " FROM %s n WHERE ", p->names.shadow.sql);
	if (yes) {
		add_stale(q, p, i, "");
		add_no_parent(q, p, i);
	}
	str_addf(q, " LIMIT %d", APART_FEW);
	return yes;
}

void
apart_mend(struct str *q, const struct plan *p, size_t i,
    char *const *literal)
{
	const struct fkey *k = &p->apart_new.key[i];
	size_t j;

	str_addf(q, deletes(k) ? "DELETE n FROM %s n" : "UPDATE %s n",
	    p->names.shadow.sql);
	str_addf(q, " FORCE INDEX (%s)", p->id_index.sql);
	if (!deletes(k))
		add_nulls(q, p, k);
	str_addz(q, " WHERE ");
	for (j = 0; j < p->n_id; j++)
		str_addf(q, "n.%s = %s AND ", p->id[j]->to->name.sql,
		    literal[j]);
	add_stale(q, p, i, " FOR SHARE NOWAIT");
}
