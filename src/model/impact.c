#include "model/impact.h"

#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "model/ddl.h"

/* From the narrowest; 0: none of them. */
static int
rank(const char *data_type)
{
	static const char *const narrow[] = { "tinyint", "smallint",
		"mediumint", "int", "bigint", "tinytext", "text", "mediumtext",
		"longtext", "tinyblob", "blob", "mediumblob", "longblob" };
	size_t i;

	for (i = 0; i < sizeof(narrow) / sizeof(narrow[0]); i++)
		if (same_text(data_type, narrow[i]))
			return (int)i + 1;
	return 0;
}

/* The n-th number in parentheses, as 10 and 2 of decimal(10,2); 0: none. */
static unsigned long
number(const char *type, int n)
{
	const char *at = strchr(type, '(');

	while (at != NULL && n-- > 0)
		at = strchr(at + 1, ',');
	return at != NULL ? strtoul(at + 1, NULL, 10) : 0;
}

static bool
is_unsigned(const struct column *c)
{
	return strstr(c->type, "unsigned") != NULL;
}

/* Whether values of the same kind of type may not fit any more, as far as that
 * is seen by the types. */
static bool
is_narrower(const struct column *from, const struct column *to)
{
	int was = rank(from->data_type), is = rank(to->data_type);

	if (from->kind != to->kind)
		return false;
	if (from->kind == KIND_NUMBER && is_unsigned(from) != is_unsigned(to) &&
	    (is_unsigned(to) || is <= was))
		return true;
	if (was > 0 && is > 0)
		return is < was;
	if (!same_text(from->data_type, to->data_type))
		return false;
	if (from->kind == KIND_ENUM)
		return strlen(to->type) < strlen(from->type);
	if (same_text(from->data_type, "decimal"))
		return number(to->type, 1) < number(from->type, 1) ||
		    number(to->type, 0) - number(to->type, 1) <
		    number(from->type, 0) - number(from->type, 1);
	return number(to->type, 0) < number(from->type, 0);
}

/* Must an INSERT give it a value? */
static bool
is_required(const struct column *c)
{
	return !c->nullable && c->fallback == NULL && !c->auto_increment &&
	    !c->generated && strstr(c->extra, "DEFAULT_GENERATED") == NULL;
}

static bool
same_maybe(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static void
add_types(struct summary_list *l, const struct column *from,
    const struct column *to)
{
	bool narrower = is_narrower(from, to);

	if (strcmp(from->type, to->type) != 0)
		summary_add(l, narrower ? "narrowed" : "type", from->name.raw,
		    "%s: %s -> %s%s", to->name.sql, from->type, to->type,
		    narrower ? ", which holds less" : "");
	if (from->collation != NULL && to->collation != NULL &&
	    !same_text(from->collation, to->collation))
		summary_add(l, "collation", from->name.raw, "%s: %s -> %s, "
		    "by which values compare otherwise", to->name.sql,
		    from->collation, to->collation);
}

static void
add_values(struct summary_list *l, const struct column *from,
    const struct column *to)
{
	if (from->nullable && !to->nullable)
		summary_add(l, "not-null", from->name.raw, "%s: becomes NOT "
		    "NULL; statements that write NULL fail", to->name.sql);
	if (is_required(to) && !is_required(from))
		summary_add(l, "required", from->name.raw, "%s: has no DEFAULT "
		    "any more; an INSERT without it fails", to->name.sql);
	else if (!is_required(to) && !is_required(from) &&
	    !same_maybe(from->fallback, to->fallback))
		summary_add(l, "default", from->name.raw, "%s: its DEFAULT is "
		    "another one", to->name.sql);
}

const struct column *
impact_becomes(const struct table *new, const struct alter *a,
    const struct column *from)
{
	const char *as = alter_renamed(a, from->name.raw);

	if (as == NULL && alter_drops(a, from->name.raw))
		return NULL;
	return table_column(new, as != NULL ? as : from->name.raw);
}

static void
add_column(struct summary_list *l, const struct table *new,
    const struct alter *a, const struct column *from)
{
	const struct column *to = impact_becomes(new, a, from);

	if (to == NULL) {
		summary_add(l, "dropped", from->name.raw,
		    table_column(new, from->name.raw) == NULL ?
		    "%s: dropped; statements that name it fail" :
		    "%s: dropped, and another one has its name",
		    from->name.sql);
		return;
	}
	if (strcmp(to->name.raw, from->name.raw) != 0)
		summary_add(l, "renamed", from->name.raw, "%s: renamed to %s; "
		    "statements that name it fail", from->name.sql,
		    to->name.sql);
	add_types(l, from, to);
	add_values(l, from, to);
}

/* Does a column of the old table become this one? */
static bool
is_old(const struct table *old, const struct table *new,
    const struct alter *a, const struct column *c)
{
	size_t i;

	for (i = 0; i < old->n_columns; i++)
		if (impact_becomes(new, a, &old->column[i]) == c)
			return true;
	return false;
}

void
impact_columns(struct summary_list *l, const struct table *old,
    const struct table *new, const struct alter *a)
{
	size_t i;

	for (i = 0; i < old->n_columns; i++)
		add_column(l, new, a, &old->column[i]);
	for (i = 0; i < new->n_columns; i++)
		if (is_required(&new->column[i]) &&
		    !is_old(old, new, a, &new->column[i]))
			summary_add(l, "required", new->column[i].name.raw,
			    "%s: new, and has no DEFAULT; an INSERT without it "
			    "fails", new->column[i].name.sql);
}

/* Do all parts of the one begin the other? */
static bool
begins(const struct key *k, const struct key *other)
{
	size_t i;

	if (k->opaque || k->n == 0 || k->n > other->n)
		return false;
	for (i = 0; i < k->n; i++)
		if (k->part[i].column != other->part[i].column ||
		    k->part[i].prefix != other->part[i].prefix ||
		    k->part[i].descending != other->part[i].descending)
			return false;
	return true;
}

/* Of two that are alike the later one, unless only that is unique. */
static const struct key *
covering(const struct table *t, const struct key *k,
    const struct ddl_key *plain, size_t n)
{
	const struct key *o;
	size_t i, j;

	for (i = 0; i < t->n_keys; i++) {
		o = &t->key[i];
		for (j = 0; j < n && !same_text(plain[j].name.raw,
		    o->name.raw); j++)
			;
		if (o == k || o->opaque || (j == n && !o->unique) ||
		    !begins(k, o))
			continue;
		if (o->n > k->n || o->unique || o < k)
			return o;
	}
	return NULL;
}

void
impact_indexes(struct summary_list *l, const struct table *new,
    const struct fkeys *f)
{
	const struct key *k, *o;
	struct ddl_key *plain;
	size_t i, n;

	plain = ddl_plain_keys(new->create, &n);
	for (i = 0; i < n; i++) {
		k = table_key(new, plain[i].name.raw);
		o = k != NULL ? covering(new, k, plain, n) : NULL;
		if (o != NULL)
			summary_add(l, "redundant", k->name.raw, "%s is "
			    "redundant: %s begins with its columns",
			    k->name.sql, o->name.sql);
	}
	free(plain);
	for (i = 0; i < f->n; i++)
		if (table_leading(new, f->key[i].column, f->key[i].n) == NULL)
			summary_add(l, "missing", f->key[i].name.raw, "no "
			    "index begins with the columns of foreign key %s",
			    f->key[i].name.sql);
}
