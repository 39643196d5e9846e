#include "model/modifier.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct blanking {
	struct lex lex;
	bool mariadb;
	struct str *rest, *left_out;
	bool any;		/* is there a clause before this one? */
};

static void
blank(const struct blanking *b, size_t i)
{
	const struct lex_token *t = &b->lex.token[i];

	memset(b->rest->s + t->at, ' ', t->len);
}

/* The comma or the parenthesis at the end of the clause that begins at i. */
static size_t
find_end(const struct lex *l, size_t i)
{
	size_t depth = 0;

	for (; i < l->n; i++) {
		if (lex_punct(l, i, '('))
			depth++;
		else if (lex_punct(l, i, ')') && depth > 0)
			depth--;
		else if (lex_punct(l, i, ',') && depth == 0)
			break;
	}
	return i;
}

/* Both servers take the value in back-quotes, too. */
static bool
is_value(const struct lex *l, size_t i, const char *const *value)
{
	struct err e;
	struct ident id;

	if (!lex_named(l, i) || lex_name(l, i, &id, &e) != 0)
		return false;
	while (*value != NULL && strcasecmp(*value, id.raw) != 0)
		value++;
	return *value != NULL;
}

/* How many tokens of a modifier begin at i; 0: none that the server knows. */
static size_t
modifier_at(const struct blanking *b, size_t i)
{
	static const char *const mysql[] = { "DEFAULT", "INSTANT", "INPLACE",
		"COPY", NULL };
	static const char *const mariadb[] = { "DEFAULT", "INSTANT", "INPLACE",
		"COPY", "NOCOPY", NULL };
	static const char *const lock[] = { "DEFAULT", "NONE", "SHARED",
		"EXCLUSIVE", NULL };
	const struct lex *l = &b->lex;
	size_t eq = lex_punct(l, i + 1, '=');

	if ((lex_is(l, i, "ALGORITHM") &&
	    is_value(l, i + 1 + eq, b->mariadb ? mariadb : mysql)) ||
	    (lex_is(l, i, "LOCK") && is_value(l, i + 1 + eq, lock)))
		return 2 + eq;
	return 0;
}

/* Does it depend on the server whether one of these is there at all? */
static bool
maybe(const struct lex *l, size_t from, size_t to)
{
	for (; from < to; from++)
		if (l->token[from].maybe)
			return true;
	return false;
}

static void
note(struct blanking *b, size_t i, size_t n)
{
	const struct lex_token *first = &b->lex.token[i];

	if (b->left_out->len > 0)
		str_addz(b->left_out, ", ");
	str_add(b->left_out, b->lex.text + first->at,
	    lex_end(&b->lex, i + n - 1) - first->at);
}

/*
 * The clause from i to end.  One that follows without a comma, as PARTITION BY
 * does, stays, and takes the place of the modifier.
 */
static void
take(struct blanking *b, size_t i, size_t end)
{
	size_t k, n = modifier_at(b, i);
	bool alone = i + n == end;
	size_t from = b->any ? i - 1 : i;
	size_t to = !b->any && alone && end < b->lex.n ? end + 1 : i + n;

	if (n == 0 || i + n > end || maybe(&b->lex, from, to)) {
		b->any = true;
		return;
	}
	note(b, i, n);
	for (k = from; k < to; k++)
		blank(b, k);
	if (!alone)
		b->any = true;
}

int
modifier_blank(struct str *rest, struct str *left_out, const char *text,
    const struct lex_mode *mode, struct err *e)
{
	struct blanking b = { .mariadb = mode->mariadb, .rest = rest,
		.left_out = left_out };
	size_t i, end;

	str_addz(rest, text);
	if (lex_scan(&b.lex, text, mode, e) != 0) {
		lex_free(&b.lex);
		return -1;
	}
	while (b.lex.n > 0 && lex_punct(&b.lex, b.lex.n - 1, ';') &&
	    !b.lex.token[b.lex.n - 1].maybe)
		blank(&b, --b.lex.n);
	for (i = 0; i < b.lex.n; i = end + 1) {
		end = find_end(&b.lex, i);
		take(&b, i, end);
	}
	lex_free(&b.lex);
	return 0;
}
