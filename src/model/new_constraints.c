#include "model/new_constraints.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/str.h"
#include "base/util.h"
#include "model/convert.h"
#include "model/filter.h"
#include "model/pair.h"
#include "model/sql.h"

#define SHOWN 3		/* values that come more than once, in the message */

/* What is different in this part of an old key is so in this of a new one. */
static bool
part_keeps(const struct plan *p, const struct key_part *old,
    const struct key_part *new)
{
	const struct column *from = &p->old->column[old->column];
	const struct column *to = &p->new->column[new->column];
	const struct pair *pr = pair_to(p, to);

	if (new->prefix != 0 && (old->prefix == 0 ||
	    new->prefix < old->prefix || !same_text(from->type, to->type)))
		return false;
	return pr != NULL && pr->from == from && convert_distinct(from, to) &&
	    (to->nullable || !from->nullable);
}

static bool
vouches(const struct plan *p, const struct key *old, const struct key *new)
{
	size_t i, j;

	if (!old->unique || old->opaque ||
	    (new->no_overlaps && !old->no_overlaps))
		return false;
	for (i = 0; i < old->n; i++) {
		for (j = 0; j < new->n; j++)
			if (part_keeps(p, &old->part[i], &new->part[j]))
				break;
		if (j == new->n)
			return false;
	}
	return true;
}

/* The value that a row of the old table has in this part of a new key. */
static bool
add_value(struct str *q, const struct plan *p, const struct pair *pr,
    const struct key_part *part)
{
	bool yes;

	str_addz(q, part->prefix > 0 ? "LEFT(" : "");
	str_addz(q, pr->adapts_null ? "COALESCE(" : "");
	yes = sql_key(q, p, pr, "o");
	if (pr->adapts_null)
		str_addf(q, ", %s)", convert_filler(pr->to));
	if (part->prefix > 0)
		str_addf(q, ", %u)", part->prefix);
	return yes;
}

/*
 * A column that is new has the same value in every row; unless it is NULL, a
 * number of its own or an expression, and then nothing can be said.
 */
static bool
is_constant(const struct column *c)
{
	return !c->generated && !c->auto_increment &&
	    (c->fallback != NULL ? strchr(c->fallback, '(') == NULL &&
	    strcasecmp(c->fallback, "NULL") != 0 : !c->nullable);
}

struct parts {
	struct str keys, names, set, text;
};

static bool
add_part(const struct plan *p, const struct key *k, size_t n, struct parts *s)
{
	const struct key_part *part = &k->part[n];
	const struct column *to = &p->new->column[part->column];
	const struct pair *pr = pair_to(p, to);

	if (pr == NULL)
		return is_constant(to);
	if (!add_value(&s->keys, p, pr, part))
		return false;
	str_addf(&s->keys, " AS k%zu, ", n);
	str_addf(&s->names, "%sk%zu", s->names.len > 0 ? ", " :
	    " GROUP BY ", n);
	str_addz(&s->text, ", ");
	convert_text(&s->text, pr->from, "o");
	if (pr->from->nullable && !pr->adapts_null)
		str_addf(&s->set, "%so.%s IS NOT NULL",
		    s->set.len > 0 ? " AND " : " WHERE ",
		    pr->from->name.sql);
	return true;
}

/* The walking key of a row, as bytes: where two are equal, both are shown. */
static void
add_row(struct str *q, const struct plan *p)
{
	size_t i;

	str_addz(q, "CAST(CONCAT_WS(', '");
	for (i = 0; i < p->walk->n; i++) {
		str_addz(q, ", ");
		convert_text(q, &p->old->column[p->walk->part[i].column],
		    "o");
	}
	str_addz(q, ") AS BINARY)");
}

/*
 * Rows in the order in which their periods begin, where one begins before the
 * one before it has ended.  Its end and start are the key's last parts.
 */
static void
add_overlaps(struct str *q, const struct plan *p, const struct key *k)
{
	const char *by = " PARTITION BY ";
	size_t i;

	str_addf(q, "SELECT 2, v, last_r, r FROM (SELECT v, r, k%zu AS s, "
	    "LAG(k%zu) OVER w AS last_end, LAG(r) OVER w AS last_r FROM d "
	    "WINDOW w AS (", k->n - 1, k->n - 2);
	for (i = 0; i + 2 < k->n; i++) {
		if (pair_to(p, &p->new->column[k->part[i].column]) == NULL)
			continue;
		str_addf(q, "%sk%zu", by, i);
		by = ", ";
	}
	str_addf(q, " ORDER BY k%zu)) x WHERE last_end > s LIMIT %d",
	    k->n - 1, SHOWN);
}

/* Rows that are not copied are no duplicates. */
static void
add_filter(struct str *set, const struct plan *p)
{
	if (p->filter == NULL)
		return;
	str_addz(set, set->len > 0 ? " AND " : " WHERE ");
	filter_add(set, p->filter, p, "o");
}

/* Are there an end and a start, and both of the old table? */
static bool
has_period(const struct plan *p, const struct key *k)
{
	return k->n >= 2 &&
	    pair_to(p, &p->new->column[k->part[k->n - 1].column]) != NULL &&
	    pair_to(p, &p->new->column[k->part[k->n - 2].column]) != NULL;
}

/*
 * The inner SELECT must stay one: MySQL would take a converted key that it
 * has grouped by for the column itself, and convert it once more.
 */
static char *
render(const struct plan *p, const struct key *k)
{
	struct parts s = { STR_INIT, STR_INIT, STR_INIT, STR_INIT };
	struct str q = STR_INIT;
	bool yes = !k->opaque && (!k->no_overlaps || has_period(p, k));
	size_t i;

	for (i = 0; i < k->n && yes; i++)
		yes = add_part(p, k, i, &s);
	if (yes) {
		str_addz(&q, k->no_overlaps ? "WITH d AS (SELECT " :
		    "SELECT /*+ NO_MERGE(d) */ COUNT(*), MIN(v), MIN(r), "
		    "MAX(r) FROM (SELECT ");
		str_add(&q, s.keys.s, s.keys.len);
		str_addf(&q, "CONCAT_WS(', '%s) AS v, ",
		    s.text.len > 0 ? s.text.s : ", ''");
		add_row(&q, p);
		str_addf(&q, " AS r FROM %s o", p->names.old.sql);
		add_filter(&s.set, p);
		str_add(&q, s.set.s, s.set.len);
		if (k->no_overlaps) {
			str_addz(&q, ") ");
			add_overlaps(&q, p, k);
		} else {
			str_addf(&q, ") d%s HAVING COUNT(*) > 1 LIMIT %d",
			    s.names.len > 0 ? s.names.s : "", SHOWN);
		}
	}
	str_free(&s.keys);
	str_free(&s.names);
	str_free(&s.set);
	str_free(&s.text);
	return yes ? str_take(&q) : NULL;
}

/* The column, where the rows are looked for; NULL when its values change. */
static const struct column *
column_of(const struct plan *p, const struct fkey *k, size_t i, bool old)
{
	const struct column *c = table_column(p->new, k->column[i].raw);
	const struct pair *pr;

	if (!old || c == NULL)
		return c;
	pr = pair_to(p, c);
	return pr != NULL && pr->same ? pr->from : NULL;
}

/* MATCH SIMPLE: a row with a NULL in the key needs no parent. */
static char *
render_orphans(const struct plan *p, const struct fkey *k, bool old)
{
	const struct qname *table = old ? &p->names.old : &p->names.shadow;
	struct str q = STR_INIT, join = STR_INIT, set = STR_INIT;
	const struct column *c = NULL;
	size_t i;

	if (old)
		filter_and(&set, p, "o");
	str_addz(&q, "SELECT CONCAT_WS(', '");
	for (i = 0; i < k->n; i++) {
		c = column_of(p, k, i, old);
		if (c == NULL)
			break;
		str_addz(&q, ", ");
		convert_text(&q, c, "o");
		str_addf(&set, "o.%s IS NOT NULL AND ", c->name.sql);
		str_addf(&join, "%sp.%s = o.%s", i > 0 ? " AND " : "",
		    k->referenced[i].sql, c->name.sql);
	}
	str_addf(&q, ") FROM %s o WHERE %sNOT EXISTS (SELECT 1 FROM %s p "
	    "WHERE %s) LIMIT %d", table->sql, set.len > 0 ? set.s : "",
	    k->parent.sql, join.s, SHOWN);
	str_free(&join);
	str_free(&set);
	if (c == NULL)
		str_free(&q);
	return c != NULL ? str_take(&q) : NULL;
}

static void
find_fkeys(struct plan *p)
{
	struct new_fkey *to;
	size_t i;

	p->new_fkey = xcalloc(p->added->n + 1, sizeof(*p->new_fkey));
	for (i = 0; i < p->added->n; i++) {
		to = &p->new_fkey[p->n_new_fkeys++];
		to->key = &p->added->key[i];
		to->before = render_orphans(p, to->key, true);
		to->after = render_orphans(p, to->key, false);
	}
}

void
new_constraints_find(struct plan *p)
{
	const struct key *k;
	size_t i, j;

	find_fkeys(p);
	p->new_key = xcalloc(p->new->n_keys + 1, sizeof(*p->new_key));
	for (i = 0; i < p->new->n_keys; i++) {
		k = &p->new->key[i];
		if (!k->unique)
			continue;
		for (j = 0; j < p->old->n_keys; j++)
			if (vouches(p, &p->old->key[j], k))
				break;
		if (j < p->old->n_keys)
			continue;
		p->new_key[p->n_new_keys].key = k;
		p->new_key[p->n_new_keys++].sql = render(p, k);
	}
}

void
new_constraints_free(struct plan *p)
{
	size_t i;

	for (i = 0; i < p->n_new_keys; i++)
		free(p->new_key[i].sql);
	free(p->new_key);
	for (i = 0; i < p->n_new_fkeys; i++) {
		free(p->new_fkey[i].before);
		free(p->new_fkey[i].after);
	}
	free(p->new_fkey);
}
