#include "model/aim_columns.h"

#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "model/lex.h"

/* A column of the new table. */
struct place {
	const struct structure_item *is;
	const struct structure_item *was;	/* NULL: it is added */
	size_t at;			/* where that is in the old table */
	bool moves;
};

struct places {
	struct place *place;
	size_t n;
};

void
aim_columns_comma(struct str *out)
{
	str_addz(out, out->len > 0 ? ", " : "");
}

/* A foreign key names columns of its parent, too. */
bool
aim_columns_follow(struct str *out, const struct aim *a,
    const struct structure_item *it)
{
	static const struct lex_mode mode = { .mariadb = false };
	struct err ignored = { .kind = ERR_NONE };
	struct lex l = { 0 };
	struct ident id, to;
	const char *name;
	bool any = false, theirs = false;
	size_t i, done = 0;

	if (lex_scan(&l, it->text, &mode, &ignored) != 0)
		l.n = 0;
	for (i = 0; i < l.n && !theirs; i++) {
		theirs = it->kind == STRUCTURE_FKEY &&
		    lex_is(&l, i, "REFERENCES");
		if (l.token[i].kind != LEX_NAME ||
		    lex_name(&l, i, &id, &ignored) != 0)
			continue;
		name = moves_new_name(a->moves, id.raw);
		if (name == id.raw || ident_set(&to, name, &ignored) != 0)
			continue;
		str_add(out, it->text + done, l.token[i].at - done);
		str_addz(out, to.sql);
		done = lex_end(&l, i);
		any = true;
	}
	str_addz(out, it->text + done);
	lex_free(&l);
	return any;
}

/* The word after the COLLATE= of the table's options, or "". */
static void
table_collation(struct str *q, const struct structure *s)
{
	static const struct lex_mode mode = { .mariadb = false };
	struct err ignored = { .kind = ERR_NONE };
	struct lex l = { 0 };
	size_t i;

	if (lex_scan(&l, s->tail, &mode, &ignored) != 0)
		l.n = 0;
	for (i = 0; i + 2 < l.n && q->len == 0; i++)
		if (lex_is(&l, i, "COLLATE") && lex_punct(&l, i + 1, '='))
			str_add(q, s->tail + l.token[i + 2].at,
			    l.token[i + 2].len);
	lex_free(&l);
}

void
aim_columns_text(struct str *out, const struct aim *a,
    const struct structure_item *it)
{
	const struct lex_mode mode = { .mariadb = a->server->mariadb };
	struct err ignored = { .kind = ERR_NONE };
	struct lex l = { 0 };
	struct str word = STR_INIT;
	size_t i, done = 0, depth = 0;

	table_collation(&word, a->new);
	if (a->server->mariadb || word.len == 0 ||
	    lex_scan(&l, it->whole, &mode, &ignored) != 0)
		l.n = 0;
	for (i = 1; i + 1 < l.n; i++) {
		depth += lex_punct(&l, i, '(');
		depth -= lex_punct(&l, i, ')');
		if (depth > 0 || !lex_is(&l, i, "COLLATE") ||
		    lex_is(&l, i - 2, "SET") || !lex_is(&l, i + 1, word.s))
			continue;
		str_add(out, it->whole + done, lex_end(&l, i - 1) - done);
		done = lex_end(&l, i + 1);
	}
	str_addz(out, it->whole + done);
	lex_free(&l);
	str_free(&word);
}

static void
find_places(struct places *p, const struct aim *a)
{
	const struct structure *s = a->new;
	struct place *to;
	size_t i;

	p->place = xcalloc(s->n + 1, sizeof(*p->place));
	for (i = 0; i < s->n; i++) {
		if (s->item[i].kind != STRUCTURE_COLUMN)
			continue;
		to = &p->place[p->n++];
		to->is = &s->item[i];
		to->was = moves_source(a->moves, a->old,
		    s->item[i].name.raw);
		to->at = to->was == NULL ? 0 :
		    (size_t)(to->was - a->old->item);
	}
}

/*
 * The fewest columns that move: all but the longest row of those that follow
 * one another as they did.
 */
static void
find_moves(struct places *p)
{
	size_t *len = xcalloc(p->n + 1, sizeof(*len));
	size_t i, k, best = 0, last = 0;

	for (i = 0; i < p->n; i++) {
		if (p->place[i].was == NULL)
			continue;
		len[i] = 1;
		for (k = 0; k < i; k++)
			if (p->place[k].was != NULL && len[k] >= len[i] &&
			    p->place[k].at < p->place[i].at)
				len[i] = len[k] + 1;
		if (len[i] > best)
			best = len[i];
		p->place[i].moves = true;
	}
	for (i = p->n; i-- > 0 && best > 0; ) {
		if (p->place[i].was == NULL || len[i] != best ||
		    (last > 0 && p->place[i].at >= last))
			continue;
		p->place[i].moves = false;
		last = p->place[i].at;
		best--;
	}
	free(len);
}

static bool
changes(const struct aim *a, const struct place *p, bool exact)
{
	const struct structure_item *was = p->was;
	struct str text = STR_INIT;
	bool yes = aim_columns_follow(&text, a, was);

	yes = yes || strcmp(was->name.raw, p->is->name.raw) != 0 ||
	    strcmp(text.s, p->is->text) != 0;
	/* There it shows nothing but what was written. */
	if (exact || a->server->mariadb)
		yes = yes || strcmp(was->whole + strlen(was->name.sql),
		    p->is->whole + strlen(p->is->name.sql)) != 0;
	str_free(&text);
	return yes;
}

/* The server makes its values again, and cannot change where it has them. */
static bool
is_remade(const struct place *p)
{
	char was = p->was != NULL ? structure_generated(p->was) : 0;
	char is = structure_generated(p->is);

	if (p->was == NULL || is == 0)
		return false;
	return was != 0 ? was != is : is == 'V';
}

static void
add_position(struct str *out, const struct places *p, size_t i)
{
	if (i == 0)
		str_addz(out, " FIRST");
	else
		str_addf(out, " AFTER %s", p->place[i - 1].is->name.sql);
}

/* Is it added at the end, with all behind it? */
static bool
is_last(const struct places *p, size_t i)
{
	while (i < p->n && p->place[i].was == NULL)
		i++;
	return i == p->n;
}

static void
add_place(struct str *out, const struct aim *a, const struct places *p,
    size_t i, bool exact)
{
	const struct place *to = &p->place[i];
	bool remade = is_remade(to);

	if (to->was != NULL && !remade && !to->moves && !changes(a, to, exact))
		return;
	aim_columns_comma(out);
	if (remade)
		str_addf(out, "DROP COLUMN %s, ", to->was->name.sql);
	if (to->was == NULL || remade)
		str_addz(out, "ADD COLUMN ");
	else if (strcmp(to->was->name.raw, to->is->name.raw) != 0)
		str_addf(out, "CHANGE COLUMN %s ", to->was->name.sql);
	else
		str_addz(out, "MODIFY COLUMN ");
	aim_columns_text(out, a, to->is);
	if (remade || to->moves || (to->was == NULL && !is_last(p, i)))
		add_position(out, p, i);
}

static void
drop_others(struct str *out, const struct aim *a, const struct places *p)
{
	const struct structure *s = a->old;
	size_t i, k;

	for (i = 0; i < s->n; i++) {
		if (s->item[i].kind != STRUCTURE_COLUMN)
			continue;
		for (k = 0; k < p->n && p->place[k].was != &s->item[i]; k++)
			;
		if (k < p->n)
			continue;
		aim_columns_comma(out);
		str_addf(out, "DROP COLUMN %s", s->item[i].name.sql);
	}
}

void
aim_columns_add(struct str *out, const struct aim *a, bool exact)
{
	struct places p = { NULL, 0 };
	size_t i;

	find_places(&p, a);
	find_moves(&p);
	drop_others(out, a, &p);
	for (i = 0; i < p.n; i++)
		add_place(out, a, &p, i, exact);
	free(p.place);
}
