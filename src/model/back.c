#include "model/back.h"

#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "model/convert.h"
#include "model/impact.h"
#include "model/structure.h"
#include "model/table_options.h"

struct work {
	const struct back *b;
	struct structure was, is;
	struct summary_list *to, *lost;
};

/* What a column becomes, if the server can make the one of the other: none
 * makes a plain column of a virtual one, or one of that. */
static const struct column *
becomes(const struct back *b, const struct column *from)
{
	const struct column *to = impact_becomes(b->new, b->alter, from);

	return to != NULL && to->generated == from->generated ? to : NULL;
}

static const struct column *
came_from(const struct back *b, const struct column *to)
{
	size_t i;

	for (i = 0; i < b->old->n_columns; i++)
		if (becomes(b, &b->old->column[i]) == to)
			return &b->old->column[i];
	return NULL;
}

/*
 * Which columns of the old table need not be moved: the most that are in the
 * same order in both.
 */
static bool *
find_fixed(const struct back *b)
{
	const struct table *t = b->old;
	bool *fixed = xcalloc(t->n_columns + 1, sizeof(*fixed));
	size_t *most = xcalloc(t->n_columns + 1, sizeof(*most));
	const struct column *to, *before;
	size_t i, j, best = 0, left;

	for (i = 0; i < t->n_columns; i++) {
		to = becomes(b, &t->column[i]);
		most[i] = to != NULL;
		for (j = 0; j < i && to != NULL; j++) {
			before = becomes(b, &t->column[j]);
			if (before != NULL && before < to && most[j] >= most[i])
				most[i] = most[j] + 1;
		}
		best = most[i] > best ? most[i] : best;
	}
	to = NULL;
	for (left = best, i = t->n_columns; i-- > 0 && left > 0;)
		if (most[i] == left && (to == NULL ||
		    becomes(b, &t->column[i]) < to)) {
			fixed[i] = true;
			to = becomes(b, &t->column[i]);
			left--;
		}
	free(most);
	return fixed;
}

/* A text of the new definition, with the names that columns had before. */
static char *
by_old_names(const struct back *b, const char *text)
{
	static const struct lex_mode mode = { .mariadb = false };
	struct err ignored = { .kind = ERR_NONE };
	const struct column *c, *from;
	struct lex l = { 0 };
	struct str q = STR_INIT;
	struct ident id;
	size_t i;

	if (lex_scan(&l, text, &mode, &ignored) != 0)
		str_addz(&q, text);
	for (i = 0; i < l.n; i++) {
		c = from = NULL;
		if (l.token[i].kind == LEX_NAME &&
		    lex_name(&l, i, &id, &ignored) == 0)
			c = table_column(b->new, id.raw);
		if (c != NULL)
			from = came_from(b, c);
		str_addz(&q, q.len > 0 ? " " : "");
		if (from != NULL)
			str_addz(&q, from->name.sql);
		else
			str_add(&q, text + l.token[i].at, l.token[i].len);
	}
	lex_free(&l);
	return str_take(&q);
}

static bool
is_same(const struct back *b, const struct structure_item *was,
    const struct structure_item *is)
{
	char *text = by_old_names(b, is->text);
	bool same = strcmp(was->text, text) == 0;

	free(text);
	return same;
}

static void
add_place(struct str *q, const struct table *t, size_t i)
{
	if (i == 0)
		str_addz(q, " FIRST");
	else
		str_addf(q, " AFTER %s", t->column[i - 1].name.sql);
}

static void
add_column(struct work *w, size_t i, bool fixed)
{
	const struct column *from = &w->b->old->column[i];
	const struct column *to = becomes(w->b, from);
	const struct structure_item *was, *is = NULL;
	struct str q = STR_INIT;

	was = structure_find(&w->was, STRUCTURE_COLUMN, from->name.raw);
	if (to != NULL)
		is = structure_find(&w->is, STRUCTURE_COLUMN, to->name.raw);
	if (was == NULL)
		return;
	if (is == NULL)
		str_addf(&q, "ADD COLUMN %s", was->whole);
	else if (strcmp(from->name.raw, to->name.raw) != 0)
		str_addf(&q, "CHANGE COLUMN %s %s", to->name.sql, was->whole);
	else if (!fixed || !is_same(w->b, was, is))
		str_addf(&q, "MODIFY COLUMN %s", was->whole);
	if (q.len > 0 && !fixed)
		add_place(&q, w->b->old, i);
	if (q.len > 0)
		summary_add(w->to, "column", from->name.raw, "%s", q.s);
	str_free(&q);
}

static void
add_columns(struct work *w)
{
	const struct table *new = w->b->new;
	bool *fixed = find_fixed(w->b);
	size_t i;

	for (i = 0; i < new->n_columns; i++)
		if (came_from(w->b, &new->column[i]) == NULL)
			summary_add(w->to, "column", new->column[i].name.raw,
			    "DROP COLUMN %s", new->column[i].name.sql);
	for (i = 0; i < w->b->old->n_columns; i++)
		add_column(w, i, fixed[i]);
	free(fixed);
}

/* One that differs by its name only: a CHECK's is unique in a schema, and is
 * not given back. */
static bool
has_twin(const struct structure *s, const struct structure_item *it)
{
	size_t i;

	for (i = 0; i < s->n; i++)
		if (s->item[i].kind == STRUCTURE_CHECK &&
		    it->kind == STRUCTURE_CHECK &&
		    strcmp(s->item[i].text, it->text) == 0)
			return true;
	return false;
}

/* PERIOD FOR `p`: up to the parenthesis behind the name. */
static void
add_period(struct str *q, const char *whole)
{
	static const struct lex_mode mode = { .mariadb = true };
	struct err ignored = { .kind = ERR_NONE };
	struct lex l = { 0 };

	if (lex_scan(&l, whole, &mode, &ignored) == 0 && l.n > 2)
		str_add(q, whole, lex_end(&l, 2));
	lex_free(&l);
}

static void
drop_item(struct work *w, const struct structure_item *it)
{
	bool key = it->kind == STRUCTURE_KEY;
	struct str q = STR_INIT;

	str_addz(&q, "DROP ");
	if (key && it->name.raw[0] == '\0')
		str_addz(&q, "PRIMARY KEY");
	else if (it->kind == STRUCTURE_OTHER)
		add_period(&q, it->whole);
	else
		str_addf(&q, "%s %s", key ? "KEY" : it->kind == STRUCTURE_FKEY ?
		    "FOREIGN KEY" : w->b->mariadb ? "CONSTRAINT" : "CHECK",
		    it->name.sql);
	summary_add(w->to, key ? "key" : "constraint", it->name.raw, "%s",
	    q.s);
	str_free(&q);
}

/* Keys and constraints. */
static void
add_others(struct work *w)
{
	const struct structure_item *it, *other;
	size_t i;

	for (i = 0; i < w->is.n; i++) {
		it = &w->is.item[i];
		if (it->kind == STRUCTURE_COLUMN || has_twin(&w->was, it))
			continue;
		other = structure_find(&w->was, it->kind, it->name.raw);
		if (other == NULL || !is_same(w->b, other, it))
			drop_item(w, it);
	}
	for (i = 0; i < w->was.n; i++) {
		it = &w->was.item[i];
		if (it->kind == STRUCTURE_COLUMN || has_twin(&w->is, it))
			continue;
		other = structure_find(&w->is, it->kind, it->name.raw);
		if (other == NULL || !is_same(w->b, it, other))
			summary_add(w->to, it->kind == STRUCTURE_KEY ? "key" :
			    "constraint", it->name.raw, "ADD %s", it->whole);
	}
}

static void
add_lost(struct work *w)
{
	const struct back *b = w->b;
	const struct column *from, *to;
	size_t i;

	for (i = 0; i < b->old->n_columns; i++) {
		from = &b->old->column[i];
		to = impact_becomes(b->new, b->alter, from);
		if (from->generated)
			continue;
		if (to == NULL)
			summary_add(w->lost, "dropped", from->name.raw,
			    "%s: its values, as it is dropped",
			    from->name.sql);
		else if (!convert_returns(from, to))
			summary_add(w->lost, "converted", from->name.raw,
			    "%s: what %s does not keep of its values",
			    from->name.sql, to->type);
	}
}

int
back_find(struct summary_list *clauses, struct summary_list *lost,
    const struct back *b, struct err *e)
{
	struct work w = { b, STRUCTURE_INIT, STRUCTURE_INIT, clauses, lost };
	struct table after = *b->new;
	int rc;

	after.create = (char *)(size_t)b->create_after;
	rc = structure_read(&w.was, b->old, e) != 0 ||
	    structure_read(&w.is, &after, e) != 0 ? -1 : 0;
	if (rc == 0) {
		add_columns(&w);
		add_others(&w);
		table_options_back(clauses, lost, w.was.tail, w.is.tail);
		add_lost(&w);
	}
	structure_free(&w.was);
	structure_free(&w.is);
	return rc;
}
