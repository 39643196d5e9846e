#include "model/structure.h"

#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "model/lex.h"

#define BODY 4	/* the first token after CREATE TABLE `name` ( */

/* How many tokens, from i on, only say in which characters a column is. */
static size_t
characters_at(const struct lex *l, size_t i)
{
	if (lex_is(l, i, "CHARACTER") && lex_is(l, i + 1, "SET"))
		return 3;
	return lex_is(l, i, "COLLATE") ? 2 : 0;
}

static void
add_token(struct str *q, const struct lex *l, size_t i)
{
	str_addz(q, q->len > 0 ? " " : "");
	str_add(q, l->text + l->token[i].at, l->token[i].len);
}

static void
add_column(struct str *q, const struct lex *l, size_t i, size_t end,
    const struct column *c)
{
	size_t depth = 0, n;

	while (i < end) {
		n = depth == 0 ? characters_at(l, i) : 0;
		if (n > 0) {
			i += n;
			continue;
		}
		if (lex_punct(l, i, '('))
			depth++;
		else if (lex_punct(l, i, ')'))
			depth--;
		add_token(q, l, i++);
	}
	if (c != NULL && c->collation != NULL)
		str_addf(q, " in %s", c->collation);
}

/* KEY, or what stands before it, at i: the place of KEY; or 0. */
static size_t
key_at(const struct lex *l, size_t i)
{
	static const char *const kind[] = { "PRIMARY", "UNIQUE", "FULLTEXT",
	    "SPATIAL", "VECTOR" };
	size_t k;

	if (lex_is(l, i, "KEY"))
		return i;
	for (k = 0; k < sizeof(kind) / sizeof(kind[0]); k++)
		if (lex_is(l, i, kind[k]) && lex_is(l, i + 1, "KEY"))
			return i + 1;
	return 0;
}

/* Which token is its name; 0: it has none. */
static size_t
name_at(struct structure_item *it, const struct lex *l, size_t i)
{
	size_t key = key_at(l, i);

	if (l->token[i].kind == LEX_NAME) {
		it->kind = STRUCTURE_COLUMN;
		return i;
	}
	if (key > 0) {
		it->kind = STRUCTURE_KEY;
		return l->token[key + 1].kind == LEX_NAME ? key + 1 : 0;
	}
	it->kind = STRUCTURE_OTHER;
	if (!lex_is(l, i, "CONSTRAINT"))
		return 0;
	it->kind = lex_is(l, i + 2, "CHECK") ? STRUCTURE_CHECK :
	    STRUCTURE_FKEY;
	return i + 1;
}

/* The text of [i, end), up to the comma or parenthesis behind it: the end of a
 * version comment belongs to it. */
static char *
text_of(const struct lex *l, size_t i, size_t end)
{
	size_t from = l->token[i].at, to = l->token[end].at;
	struct str q = STR_INIT;

	while (to > from && strchr(" \t\r\n", l->text[to - 1]) != NULL)
		to--;
	str_add(&q, l->text + from, to - from);
	return str_take(&q);
}

static int
add_item(struct structure *s, const struct lex *l, size_t i, size_t end,
    const struct table *t, struct err *e)
{
	struct structure_item *it;
	struct str q = STR_INIT;
	size_t name, start = i;

	s->item = xrealloc(s->item, s->n + 1, sizeof(*s->item));
	it = &s->item[s->n++];
	memset(it, 0, sizeof(*it));
	name = name_at(it, l, i);
	if (name > 0 && lex_name(l, name, &it->name, e) != 0)
		return -1;
	if (it->kind == STRUCTURE_COLUMN)
		add_column(&q, l, i + 1, end, table_column(t, it->name.raw));
	else
		for (; i < end; i++)
			if (name == 0 || i != name)
				add_token(&q, l, i);
	it->text = str_take(&q);
	it->whole = text_of(l, start, end);
	return 0;
}

/* One past the last token of the item at i. */
static size_t
item_end(const struct lex *l, size_t i)
{
	size_t depth = 0;

	for (; i < l->n; i++) {
		if (lex_punct(l, i, '('))
			depth++;
		else if (lex_punct(l, i, ')') && depth-- == 0)
			break;
		else if (lex_punct(l, i, ',') && depth == 0)
			break;
	}
	return i;
}

static void
read_rest(struct structure *s, const struct lex *l, size_t close)
{
	struct str q = STR_INIT;
	size_t i = close + 1;

	while (i < l->n)
		if (lex_is(l, i, "AUTO_INCREMENT") &&
		    lex_punct(l, i + 1, '='))
			i += 3;
		else
			add_token(&q, l, i++);
	s->rest = str_take(&q);
	s->tail = xstrdup(close < l->n ? l->text + lex_end(l, close) : "");
}

int
structure_read(struct structure *s, const struct table *t, struct err *e)
{
	static const struct lex_mode mode = { .mariadb = false };
	struct lex l = { 0 };
	size_t i, end = BODY - 1;
	int rc = lex_scan(&l, t->create, &mode, e);

	do {
		i = end + 1;
		end = item_end(&l, i);
		if (rc == 0 && end < l.n)
			rc = add_item(s, &l, i, end, t, e);
	} while (rc == 0 && lex_punct(&l, end, ','));
	if (rc == 0)
		read_rest(s, &l, end);
	else
		e->kind = ERR_CREATE;
	lex_free(&l);
	return rc;
}

static void
forget(struct structure *s, size_t i)
{
	free(s->item[i].text);
	free(s->item[i].whole);
	s->n--;
	memmove(&s->item[i], &s->item[i + 1],
	    (s->n - i) * sizeof(s->item[0]));
}

void
structure_free(struct structure *s)
{
	while (s->n > 0)
		forget(s, s->n - 1);
	free(s->item);
	free(s->rest);
	free(s->tail);
	s->item = NULL;
	s->rest = NULL;
	s->tail = NULL;
}

const struct structure_item *
structure_find(const struct structure *s, enum structure_kind kind,
    const char *name)
{
	size_t i;

	for (i = 0; i < s->n; i++)
		if (s->item[i].kind == kind &&
		    same_text(s->item[i].name.raw, name))
			return &s->item[i];
	return NULL;
}

void
structure_rename(struct structure *s, const char *fkey, const char *to)
{
	struct err ignored = { .kind = ERR_NONE };
	const struct structure_item *it;

	it = structure_find(s, STRUCTURE_FKEY, fkey);
	if (it == NULL)
		return;
	if (to == NULL)
		forget(s, (size_t)(it - s->item));
	else
		ident_set(&s->item[it - s->item].name, to, &ignored);
}

void
structure_follow(struct structure *s, const struct structure *from,
    const struct structure *to)
{
	const struct structure_item *f, *t;
	struct structure_item *it;
	size_t i;

	for (i = 0; i < s->n; i++) {
		it = &s->item[i];
		if (it->kind != STRUCTURE_COLUMN)
			continue;
		f = structure_find(from, STRUCTURE_COLUMN, it->name.raw);
		t = structure_find(to, STRUCTURE_COLUMN, it->name.raw);
		if (f == NULL || t == NULL || strcmp(f->text, it->text) != 0)
			continue;
		free(it->text);
		it->text = xstrdup(t->text);
	}
}

bool
structure_has_partitions(const struct structure *s)
{
	static const struct lex_mode mode = { .mariadb = false };
	struct err ignored = { .kind = ERR_NONE };
	struct lex l = { 0 };
	bool found = false;
	size_t i;

	if (lex_scan(&l, s->rest, &mode, &ignored) == 0)
		for (i = 0; i < l.n; i++)
			found = found || (lex_is(&l, i, "PARTITION") &&
			    lex_is(&l, i + 1, "BY"));
	lex_free(&l);
	return found;
}

static bool
alike(const struct structure_item *a, const struct structure_item *b)
{
	return a->kind == b->kind && strcmp(a->text, b->text) == 0;
}

static bool
has(const struct structure *s, const struct structure_item *it, bool named)
{
	size_t i;

	for (i = 0; i < s->n; i++)
		if (alike(&s->item[i], it) && (!named ||
		    strcmp(s->item[i].name.raw, it->name.raw) == 0))
			return true;
	return false;
}

/* The next column from *i on; NULL: none. */
static const struct structure_item *
next_column(const struct structure *s, size_t *i)
{
	while (*i < s->n)
		if (s->item[(*i)++].kind == STRUCTURE_COLUMN)
			return &s->item[*i - 1];
	return NULL;
}

static bool
same_columns(const struct structure *was, const struct structure *is)
{
	const struct structure_item *a, *b;
	size_t i = 0, k = 0;

	do {
		a = next_column(was, &i);
		b = next_column(is, &k);
		if (a == NULL || b == NULL)
			return a == b;
	} while (alike(a, b) && strcmp(a->name.raw, b->name.raw) == 0);
	return false;
}

bool
structure_same(const struct structure *was, const struct structure *is,
    bool twins)
{
	size_t i;

	if (strcmp(was->rest, is->rest) != 0 || !same_columns(was, is))
		return false;
	for (i = 0; i < was->n; i++)
		if (!has(is, &was->item[i], true))
			return false;
	for (i = 0; i < is->n; i++)
		if (!has(was, &is->item[i], true) &&
		    (!twins || !has(was, &is->item[i], false)))
			return false;
	return true;
}

static int
by_name(const void *one, const void *other)
{
	const struct structure_item *const *a = one, *const *b = other;
	int diff = strcmp((*a)->name.raw, (*b)->name.raw);

	return diff != 0 ? diff : strcmp((*a)->text, (*b)->text);
}

void
structure_text(struct str *q, const struct structure *s)
{
	const struct structure_item **it = xcalloc(s->n + 1, sizeof(*it));
	size_t i, n = 0;

	for (i = 0; i < s->n; i++)
		if (s->item[i].kind == STRUCTURE_COLUMN)
			str_addf(q, "%s %s\n", s->item[i].name.sql,
			    s->item[i].text);
		else
			it[n++] = &s->item[i];
	qsort(it, n, sizeof(*it), by_name);
	for (i = 0; i < n; i++)
		str_addf(q, "%s %s\n", it[i]->name.sql, it[i]->text);
	str_addf(q, "%s\n", s->rest);
	free(it);
}

char
structure_generated(const struct structure_item *it)
{
	static const struct lex_mode mode = { .mariadb = false };
	struct err ignored = { .kind = ERR_NONE };
	struct lex l = { 0 };
	size_t i, depth = 0;
	char c = 0;
	bool generated = false;

	if (lex_scan(&l, it->text, &mode, &ignored) != 0)
		l.n = 0;
	for (i = 0; i < l.n; i++) {
		if (lex_punct(&l, i, '('))
			depth++;
		else if (lex_punct(&l, i, ')'))
			depth--;
		if (depth > 0)
			continue;
		generated = generated || lex_is(&l, i, "GENERATED");
		if (generated && lex_is(&l, i, "STORED"))
			c = 'S';
		else if (generated && lex_is(&l, i, "VIRTUAL"))
			c = 'V';
	}
	lex_free(&l);
	return c;
}
