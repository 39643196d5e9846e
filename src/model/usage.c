#include "model/usage.h"

#include <string.h>
#include <strings.h>

#include "base/util.h"

/* There may be megabytes of text: a name is not cut out to be compared. */
static bool
is_name(const struct usage *u, size_t i, const struct ident *id, bool fold)
{
	struct err ignored = { .kind = ERR_NONE };
	const struct lex_token *t;
	const char *s, *as;
	struct ident cut;

	if (!lex_named(&u->l, i))
		return false;
	t = &u->l.token[i];
	s = u->l.text + t->at;
	if (*s == '"')
		return lex_name(&u->l, i, &cut, &ignored) == 0 &&
		    (fold ? same_text(cut.raw, id->raw) :
		    strcmp(cut.raw, id->raw) == 0);
	as = *s == '`' ? id->sql : id->raw;
	return (fold ? strncasecmp(s, as, t->len) == 0 :
	    strncmp(s, as, t->len) == 0) && as[t->len] == '\0';
}

static bool
after_point(const struct usage *u, size_t i)
{
	return i >= 2 && lex_punct(&u->l, i - 1, '.');
}

static bool
is_table(const struct usage *u, size_t i, const struct qname *q)
{
	if (!is_name(u, i, &q->table, u->fold))
		return false;
	if (after_point(u, i))
		return is_name(u, i - 2, &q->db, u->fold);
	return u->fold ? same_text(u->schema->raw, q->db.raw) :
	    strcmp(u->schema->raw, q->db.raw) == 0;
}

/*
 * Where its alias stands, if the table named by token i has one: behind "AS",
 * or whatever comes next.  A keyword there is no column's qualifier.
 */
static size_t
alias_of(const struct usage *u, size_t i)
{
	i++;
	if (lex_is(&u->l, i, "PARTITION"))
		while (i < u->l.n && !lex_punct(&u->l, i++, ')'))
			;
	return lex_is(&u->l, i, "AS") ? i + 1 : i;
}

/* Does token k, before the point before a column, mean this table? */
static bool
qualifies(const struct usage *u, size_t k, const struct qname *q)
{
	struct err ignored = { .kind = ERR_NONE };
	struct ident id;
	size_t i;

	if (after_point(u, k))
		return is_table(u, k, q);
	if (!lex_named(&u->l, k) || lex_name(&u->l, k, &id, &ignored) != 0)
		return false;
	for (i = 0; i < u->l.n; i++)
		if (is_table(u, i, q) &&
		    (is_name(u, k, &q->table, u->fold) ||
		    is_name(u, alias_of(u, i), &id, true)))
			return true;
	return false;
}

/* Functions, aliases, variables, and tables called like the column. */
static bool
is_something_else(const struct usage *u, size_t i, const struct qname *q)
{
	const struct lex *l = &u->l;

	if (lex_punct(l, i + 1, '(') || lex_punct(l, i + 1, '.'))
		return true;
	if (i == 0)
		return false;
	return lex_punct(l, i - 1, '@') || lex_is(l, i - 1, "AS") ||
	    lex_is(l, i - 1, "INTO") || lex_is(l, i - 1, "DECLARE") ||
	    (is_table(u, i, q) && (lex_is(l, i - 1, "FROM") ||
	    lex_is(l, i - 1, "JOIN") || lex_is(l, i - 1, "UPDATE")));
}

bool
usage_table(const struct usage *u, const struct qname *q)
{
	size_t i;

	for (i = 0; i < u->l.n; i++)
		if (is_table(u, i, q))
			return true;
	return false;
}

bool
usage_column(const struct usage *u, const struct qname *q,
    const struct ident *column)
{
	size_t i;

	if (!usage_table(u, q))
		return false;
	for (i = 0; i < u->l.n; i++) {
		if (!is_name(u, i, column, true))
			continue;
		if (after_point(u, i) ? qualifies(u, i - 2, q) :
		    !u->resolved && !is_something_else(u, i, q))
			return true;
	}
	return false;
}
