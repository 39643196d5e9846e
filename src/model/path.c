#include "model/path.h"

#include <stdbool.h>

#define MANY_MEMBERS 256

static const struct column *
part_of(const struct path *p, size_t part)
{
	return &p->table->column[p->key->part[part].column];
}

static void
add_name(struct str *q, const struct path *p, const struct path_names *names,
    size_t part)
{
	const struct column *c = names->column != NULL ?
	    names->column[part] : part_of(p, part);

	str_addf(q, "%s%s", names->alias, c->name.sql);
}

void
path_from(struct str *q, const struct path *p, const char *alias)
{
	str_addf(q, " FROM %s%s%s FORCE INDEX (%s)", p->name->sql,
	    alias != NULL ? " " : "", alias != NULL ? alias : "",
	    p->key->name.sql);
}

/* The rows on one side of a bound, and the row there itself or not. */
struct side {
	const struct bound *bound;
	bool after, with;
};

/*
 * The servers use no index for "enum > 3", only for "enum = 3".  So the
 * members that are greater are listed.
 */
static void
add_members(struct str *q, const char *literal, unsigned int members,
    bool greater, bool equal)
{
	unsigned long v = 0, i;
	const char *s;
	bool any = false;

	for (s = literal; *s >= '0' && *s <= '9'; s++)
		v = v * 10 + (unsigned long)(*s - '0');
	str_addz(q, " IN (");
	/* 0 is the member '' that stands for a value that was refused. */
	for (i = 0; i <= members; i++)
		if ((greater ? i > v : i < v) || (equal && i == v)) {
			str_addf(q, "%s%lu", any ? "," : "", i);
			any = true;
		}
	str_addz(q, any ? ")" : "NULL)");
}

/*
 * This part alone is after (or before) the bound, in the key's order; or,
 * where it is the last one, equal to it if so wanted.
 */
static void
add_beyond(struct str *q, const struct path *p,
    const struct path_names *names, const struct side *s, size_t part)
{
	const struct column *c = part_of(p, part);
	const char *literal = s->bound->literal[part];
	bool greater = s->after != p->key->part[part].descending;
	bool equal = s->with && part + 1 == s->bound->n;

	add_name(q, p, names, part);
	if (c->members > 0 && c->members < MANY_MEMBERS)
		add_members(q, literal, c->members, greater, equal);
	else
		str_addf(q, " %s%s %s", greater ? ">" : "<",
		    equal ? "=" : "", literal);
}

/*
 * (a > 1 OR (a = 1 AND (b > 2 OR (b = 2 AND c > 3)))): the servers turn this
 * into ranges of the index, which they do not for (a,b,c) > (1,2,3).
 */
static void
add_side(struct str *q, const struct path *p, const struct path_names *names,
    const struct side *s)
{
	size_t i, n = s->bound->n;

	for (i = 0; i < n; i++) {
		str_addz(q, "(");
		add_beyond(q, p, names, s, i);
		if (i + 1 == n)
			break;
		str_addz(q, " OR (");
		add_name(q, p, names, i);
		str_addf(q, " = %s AND ", s->bound->literal[i]);
	}
	/* One ")" for each "(": the last part opened one, the others two. */
	str_addz(q, ")");
	for (i = 1; i < n; i++)
		str_addz(q, "))");
}

/* Both sides, or the one that is a limit. */
static void
add_sides(struct str *q, const struct path *p, const struct path_names *names,
    const struct side *from, const struct side *to)
{
	if (from->bound->n > 0)
		add_side(q, p, names, from);
	if (from->bound->n > 0 && to->bound->n > 0)
		str_addz(q, " AND ");
	if (to->bound->n > 0)
		add_side(q, p, names, to);
	if (from->bound->n == 0 && to->bound->n == 0)
		str_addz(q, "1");
}

void
path_range(struct str *q, const struct path *p, const struct path_names *names,
    const struct bound *after, const struct bound *upto)
{
	const struct side from = { after, true, false };
	const struct side to = { upto, false, true };

	add_sides(q, p, names, &from, &to);
}

void
path_between(struct str *q, const struct path *p,
    const struct path_names *names, const struct bound *after,
    const struct bound *before)
{
	const struct side from = { after, true, false };
	const struct side to = { before, false, false };

	add_sides(q, p, names, &from, &to);
}

void
path_at(struct str *q, const struct path *p, const struct bound *at)
{
	size_t i;

	for (i = 0; i < at->n; i++) {
		str_addz(q, i > 0 ? " AND " : "");
		add_name(q, p, PATH_PLAIN, i);
		str_addf(q, " = %s", at->literal[i]);
	}
}

/* SELECT the key, as bound_set() wants it. */
static void
add_select(struct str *q, const struct path *p)
{
	size_t i;

	str_addz(q, "SELECT ");
	for (i = 0; i < p->key->n; i++) {
		if (i > 0)
			str_addz(q, ", ");
		bound_read(q, part_of(p, i));
	}
	path_from(q, p, NULL);
}

static void
add_order(struct str *q, const struct path *p, const struct path_names *names,
    bool backwards)
{
	size_t i;

	str_addz(q, " ORDER BY ");
	for (i = 0; i < p->key->n; i++) {
		if (i > 0)
			str_addz(q, ", ");
		add_name(q, p, names, i);
		if (p->key->part[i].descending != backwards)
			str_addz(q, " DESC");
	}
}

void
path_order(struct str *q, const struct path *p, const struct path_names *names)
{
	add_order(q, p, names, false);
}

void
path_nth(struct str *q, const struct path *p, const struct bound *after,
    const struct bound *upto, unsigned long long n)
{
	add_select(q, p);
	str_addz(q, " WHERE ");
	path_range(q, p, PATH_PLAIN, after, upto);
	path_order(q, p, PATH_PLAIN);
	str_addf(q, " LIMIT %llu, 1", n - 1);
}

void
path_delete(struct str *q, const struct path *p, const struct bound *after,
    const struct bound *upto)
{
	str_addf(q, "DELETE %s", p->name->sql);
	path_from(q, p, NULL);
	str_addz(q, " WHERE ");
	path_range(q, p, PATH_PLAIN, after, upto);
}

void
path_last_in(struct str *q, const struct path *p, const char *match,
    const struct bound *after, const struct bound *upto)
{
	add_select(q, p);
	str_addf(q, " WHERE %s", match);
	path_range(q, p, PATH_PLAIN, after, upto);
	add_order(q, p, PATH_PLAIN, true);
	str_addz(q, " LIMIT 1");
}

void
path_last(struct str *q, const struct path *p)
{
	add_select(q, p);
	add_order(q, p, PATH_PLAIN, true);
	str_addz(q, " LIMIT 1");
}
