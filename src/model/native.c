#include "model/native.h"

#include <string.h>

#include "base/print.h"
#include "base/util.h"

const char *
native_words(enum native_way way, const struct server *s)
{
	switch (way) {
	case NATIVE_INSTANT:
		return "ALGORITHM=INSTANT";
	case NATIVE_BESIDE:
		return s->mariadb ? "ALGORITHM=NOCOPY, LOCK=NONE" : NULL;
	case NATIVE_INPLACE:
		return "ALGORITHM=INPLACE, LOCK=NONE";
	case NATIVE_SHARED:
		return "ALGORITHM=INPLACE, LOCK=SHARED";
	case NATIVE_ONLINE:
		return s->mariadb && s->version >= 110200 ?
		    "ALGORITHM=COPY, LOCK=NONE" : NULL;
	case NATIVE_COPY:
	case NATIVE_UNKNOWN:
		break;
	}
	return NULL;
}

/* One that model/modifier.c has left in the text would count, not ours. */
static bool
is_modifier(const struct lex *l, size_t i)
{
	static const char *const value[] = { "DEFAULT", "INSTANT", "INPLACE",
		"COPY", "NOCOPY", "NONE", "SHARED", "EXCLUSIVE", NULL };

	return (lex_is(l, i, "ALGORITHM") || lex_is(l, i, "LOCK")) &&
	    (lex_punct(l, i + 1, '=') || lex_any(l, i + 1, value));
}

const char *
native_unasked(const struct alter *a, const struct server *s)
{
	const char *why = NULL;
	struct lex l;
	size_t i;

	if (a->n_clauses == 0)
		return "without a clause the table is rebuilt as it is";
	if (!alter_scan(&l, a->text, s))
		why = "its text is not understood";
	for (i = 0; i < l.n && why == NULL; i++)
		if (l.token[i].maybe)
			why = "it depends on the server's version what it says";
		else if (is_modifier(&l, i))
			why = "it has an ALGORITHM or a LOCK among its words";
	lex_free(&l);
	return why;
}

bool
native_asks(const struct alter *a, const struct server *s, const char *word)
{
	struct err ignored = { .kind = ERR_NONE };
	struct ident id;
	bool yes = false;
	struct lex l;
	size_t i;

	if (alter_scan(&l, a->left_out, s))
		for (i = 0; i < l.n; i++)
			yes = yes || (lex_named(&l, i) && lex_name(&l, i, &id,
			    &ignored) == 0 && same_text(id.raw, word));
	lex_free(&l);
	return yes;
}

/*
 * MariaDB before 11 takes INSTANT for these, and copies.  The words are
 * reserved, but for PARTITIONING.
 */
static const char *
copied_word(const struct alter *a, const struct server *s)
{
	static const char *const copied[] = { "PARTITION", "PARTITIONING",
		"ORDER", NULL };
	const char *why = NULL;
	struct lex l;
	size_t i, depth = 0;

	if (!alter_scan(&l, a->text, s))
		why = "its text is not understood";
	for (i = 0; i < l.n && why == NULL; i++) {
		if (lex_punct(&l, i, '('))
			depth++;
		else if (lex_punct(&l, i, ')') && depth > 0)
			depth--;
		if (depth == 0 && lex_any(&l, i, copied))
			why = "partitions, or the order of the rows, are not "
			    "changed at once";
	}
	lex_free(&l);
	return why;
}

const char *
native_unfit(const struct alter *a, const struct server *s)
{
	size_t i;

	for (i = 0; i < a->n; i++)
		if (a->item[i].what == ALTER_ADD_FKEY)
			return "a foreign key that is added wants the rows "
			    "looked at";
	return copied_word(a, s);
}

/* The clause of tokens from i to end. */
static bool
builds_none(const struct lex *l, size_t i, size_t end)
{
	static const char *const free_verb[] = { "RENAME", "COMMENT",
		"AUTO_INCREMENT", "ALTER", NULL };
	static const char *const free_drop[] = { "INDEX", "KEY", "FOREIGN",
		"CONSTRAINT", "CHECK", NULL };
	static const char *const makes[] = { "KEY", "UNIQUE", "PRIMARY",
		"REFERENCES", NULL };

	if (lex_is(l, i, "DROP"))
		return lex_any(l, i + 1, free_drop);
	if (lex_any(l, i, free_verb))
		return true;
	if (!lex_is(l, i, "MODIFY") && !lex_is(l, i, "CHANGE"))
		return false;
	for (; i < end; i++)
		if (lex_any(l, i, makes))
			return false;
	return true;
}

bool
native_builds_none(const struct alter *a, const struct server *s)
{
	const struct alter_clause *c = a->clause;
	bool none = a->n_clauses > 0;
	struct lex l;
	size_t i, k, end;

	none = alter_scan(&l, a->text, s) && none;
	for (i = k = 0; k < a->n_clauses && none; k++, i = end) {
		while (i < l.n && l.token[i].at < c[k].at)
			i++;
		end = i;
		while (end < l.n && l.token[end].at < c[k].at + c[k].len)
			end++;
		none = builds_none(&l, i, end);
	}
	lex_free(&l);
	return none;
}

/* A definition's next line that is none of a constraint, without its comma;
 * NULL at the end.  Those left out are counted. */
static const char *
next_line(const char **rest, size_t *len, size_t *constraints)
{
	const char *line;

	for (;;) {
		line = *rest;
		if (*line == '\0')
			return NULL;
		*len = strcspn(line, "\n");
		*rest = line + *len + (line[*len] == '\n');
		if (strncmp(line, "  CONSTRAINT ", 13) != 0)
			break;
		(*constraints)++;
	}
	if (*len > 0 && line[*len - 1] == ',')
		(*len)--;
	return line;
}

bool
native_alike(const struct table *t, const struct table *other)
{
	struct str a = STR_INIT, b = STR_INIT;
	const char *p, *q, *l, *k;
	size_t n = 0, m = 0, n_of = 0, m_of = 0;
	bool alike = true;

	table_definition(&a, t);
	table_definition(&b, other);
	p = a.s;
	q = b.s;
	do {
		l = next_line(&p, &n, &n_of);
		k = next_line(&q, &m, &m_of);
		alike = l == NULL || k == NULL ? l == k :
		    n == m && memcmp(l, k, n) == 0;
	} while (alike && l != NULL);
	str_free(&a);
	str_free(&b);
	return alike && n_of == m_of;
}

static void
add_cost(struct str *out, const struct native *n)
{
	static const char *const cost[] = {
		[NATIVE_INSTANT] = "only the definition changes, under a lock "
		    "of a moment, and so on each replica",
		[NATIVE_BESIDE] = "while sessions write; a replica does so "
		    "after it, and lags for as long",
		[NATIVE_INPLACE] = "while sessions write; a replica does so "
		    "after it, and lags for as long",
		[NATIVE_SHARED] = "no session can write to the table meanwhile;"
		    " a replica does so after it, and lags for as long",
		[NATIVE_ONLINE] = "a copy while sessions write, which cannot "
		    "be throttled, paused, compared or reverted; a replica "
		    "does so after it, and lags for as long, unless "
		    "binlog_alter_two_phase is on",
		[NATIVE_COPY] = "no session can write to the table meanwhile; "
		    "a replica does so after it, and lags for as long",
	};

	str_addz(out, n->free && n->way != NATIVE_INSTANT ? "no row is read "
	    "or written, here and on each replica" : cost[n->way]);
}

static void
add_size(struct str *out, const struct table *old)
{
	const double mb = 1024.0 * 1024;

	str_addf(out, " (about %llu rows, %.0f MB)", old->rows,
	    (double)old->bytes / mb);
}

void
native_describe(struct str *out, const struct native *n,
    const struct table *old, const struct server *s)
{
	const char *words = native_words(n->way, s);
	struct str t = STR_INIT;

	if (n->way == NATIVE_UNKNOWN) {
		print_line(out, "by itself: the server was not asked, since "
		    "%s", n->why);
		return;
	}
	if (words == NULL)
		words = "ALGORITHM=COPY";
	str_addf(&t, "%s by %s: ", n->free ? "at once" :
	    n->way >= NATIVE_ONLINE ? "a copy" : n->rebuilt ? "a rebuild" :
	    n->kept || n->way == NATIVE_BESIDE ? "indexes" :
	    "a rebuild, or indexes,", words);
	add_cost(&t, n);
	if (!n->free)
		add_size(&t, old);
	print_line(out, "by itself, the server could do it: %s", t.s);
	if (n->most > 0)
		print_line(out, "row versions: it would be %llu of %llu; then "
		    "only a rebuild sets them back", n->versions, n->most);
	str_free(&t);
}
