#include "model/repeatable.h"

#include <string.h>

#include "base/util.h"
#include "model/lex.h"

struct rewriting {
	struct str *out;
	const struct alter *a;
	const struct table *t;
	const struct structure *is;
	bool mariadb;
	bool references;	/* the server obeys REFERENCES of a column */
	struct lex lex;
	bool hopeless;		/* what it names is not there */
};

static void
add_text(struct rewriting *r, size_t i, size_t end)
{
	const struct lex *l = &r->lex;
	size_t at = l->token[i].at;

	str_add(r->out, l->text + at, lex_end(l, end - 1) - at);
}

static void
add_comma(struct rewriting *r)
{
	str_addz(r->out, r->out->len > 0 ? ", " : "");
}

/* "what" and the tokens, as a clause. */
static void
add_clause(struct rewriting *r, const char *what, size_t i, size_t end)
{
	add_comma(r);
	str_addz(r->out, what);
	if (i < end)
		add_text(r, i, end);
}

static bool
read_name(const struct rewriting *r, size_t i, struct ident *name)
{
	struct err ignored = { .kind = ERR_NONE };

	return lex_named(&r->lex, i) &&
	    lex_name(&r->lex, i, name, &ignored) == 0;
}

static bool
has_column(const struct rewriting *r, size_t i)
{
	struct ident name;

	return read_name(r, i, &name) && table_column(r->t, name.raw) != NULL;
}

static bool
has_key(const struct rewriting *r, size_t i)
{
	struct ident name;

	return read_name(r, i, &name) && table_key(r->t, name.raw) != NULL;
}

static bool
has_constraint(const struct rewriting *r, enum structure_kind kind, size_t i)
{
	struct ident name;

	return read_name(r, i, &name) &&
	    structure_find(r->is, kind, name.raw) != NULL;
}

static const char *const primary_word[] = { "PRIMARY", NULL };

/* Is it among what the ALTER drops, by DROP and one of the words? */
static bool
is_dropped(const struct rewriting *r, const char *const *word,
    const char *name)
{
	struct ident id;
	size_t i, end, k;

	for (k = 0; k < r->a->n_clauses; k++) {
		alter_clause_tokens(&r->lex, &r->a->clause[k], &i, &end);
		if (!lex_is(&r->lex, i, "DROP") ||
		    !lex_any(&r->lex, i + 1, word))
			continue;
		if (lex_is(&r->lex, i + 1, "FOREIGN"))
			i++;
		if (lex_is(&r->lex, i + 1, "PRIMARY") ||
		    (read_name(r, i + 2, &id) && same_text(id.raw, name)))
			return true;
	}
	return false;
}

/* Is a primary key's only column this one? */
static bool
is_primary(const struct rewriting *r, const struct ident *column)
{
	const struct key *k = table_key(r->t, "PRIMARY");

	return k != NULL && k->n == 1 &&
	    same_text(r->t->column[k->part[0].column].name.raw, column->raw);
}

/*
 * The definition of a column, from i to end.  A primary key that it would get,
 * it has, unless that is dropped before.
 */
static void
add_definition(struct rewriting *r, const struct ident *name, size_t i,
    size_t end)
{
	const struct lex *l = &r->lex;
	bool again = is_dropped(r, primary_word, "PRIMARY");
	size_t depth = 0, from = i, n;

	for (; i < end; i += n) {
		n = 1;
		if (lex_punct(l, i, '('))
			depth++;
		else if (lex_punct(l, i, ')'))
			depth--;
		if (depth > 0 || i == from)
			continue;
		n = lex_is(l, i, "UNIQUE") ? 1 + lex_is(l, i + 1, "KEY") :
		    lex_is(l, i, "PRIMARY") ? 1 + lex_is(l, i + 1, "KEY") : 1;
		if (again || (!lex_is(l, i, "PRIMARY") && !lex_is(l, i, "KEY")))
			continue;
		if (!is_primary(r, name))
			r->hopeless = true;
		if (i > from)
			add_text(r, from, i);
		str_addz(r->out, " ");
		from = i + n;
	}
	if (from < end)
		add_text(r, from, end);
}

/* Where it says what it references, which is last but for its place. */
static void
find_references(const struct lex *l, size_t i, size_t *from, size_t *end)
{
	size_t depth = 0;

	for (*from = *end; i < *end; i++) {
		if (lex_punct(l, i, '('))
			depth++;
		else if (lex_punct(l, i, ')'))
			depth--;
		if (depth > 0)
			continue;
		if (lex_is(l, i, "REFERENCES"))
			*from = i;
		else if (*from < *end && (lex_is(l, i, "AFTER") ||
		    lex_is(l, i, "FIRST")))
			*end = i;
	}
}

/*
 * The definition of a column, at whose name i is, as one that is there.  MODIFY
 * takes no REFERENCES, and MySQL 8 does nothing for it.
 */
static void
add_modify(struct rewriting *r, size_t i, size_t end)
{
	size_t from, to = end;
	struct ident name;

	if (!read_name(r, i, &name))
		return;
	find_references(&r->lex, i, &from, &to);
	add_comma(r);
	str_addz(r->out, "MODIFY COLUMN ");
	add_definition(r, &name, i, from);
	if (to < end) {
		str_addz(r->out, " ");
		add_text(r, to, end);
	}
	if (from < to && r->references) {
		str_addf(r->out, ", ADD FOREIGN KEY (%s) ", name.sql);
		add_text(r, from, to);
	}
}

/* CHECKs with a name that are part of it must be there, and are made again. */
static void
drop_checks(struct rewriting *r, size_t i, size_t end)
{
	for (; i + 2 < end; i++) {
		if (!lex_is(&r->lex, i, "CONSTRAINT") ||
		    !lex_is(&r->lex, i + 2, "CHECK"))
			continue;
		if (!has_constraint(r, STRUCTURE_CHECK, i + 1))
			r->hopeless = true;
		add_clause(r, r->mariadb ? "DROP CONSTRAINT " : "DROP CHECK ",
		    i + 1, i + 2);
	}
}

static void
add_column(struct rewriting *r, size_t i, size_t end)
{
	struct ident name;

	if (!has_column(r, i) || !read_name(r, i, &name) ||
	    alter_drops(r->a, name.raw) ||
	    alter_renamed(r->a, name.raw) != NULL) {
		add_clause(r, "ADD COLUMN ", i, end);
		return;
	}
	drop_checks(r, i, end);
	add_modify(r, i, end);
}

/* Its name is at `name`; it begins at i. */
static void
add_key(struct rewriting *r, size_t name, size_t i, size_t end)
{
	static const char *const word[] = { "INDEX", "KEY", "CONSTRAINT",
	    NULL };
	struct ident id;

	if (read_name(r, name, &id) && !is_dropped(r, word, id.raw)) {
		if (!has_key(r, name))
			r->hopeless = true;
		add_clause(r, "DROP INDEX ", name, name + 1);
	}
	add_clause(r, "ADD ", i, end);
}

static void
add_primary(struct rewriting *r, size_t i, size_t end)
{
	if (!is_dropped(r, primary_word, "PRIMARY")) {
		if (table_key(r->t, "PRIMARY") == NULL)
			r->hopeless = true;
		add_clause(r, "DROP PRIMARY KEY", 0, 0);
	}
	add_clause(r, "ADD ", i, end);
}

/* A foreign key or a CHECK with a name. */
static void
add_constraint(struct rewriting *r, enum structure_kind kind, size_t i,
    size_t end)
{
	static const char *const word[] = { "FOREIGN", "CONSTRAINT", "CHECK",
	    NULL };
	struct ident id;

	if (read_name(r, i + 1, &id) && !is_dropped(r, word, id.raw)) {
		if (!has_constraint(r, kind, i + 1))
			r->hopeless = true;
		add_clause(r, kind == STRUCTURE_FKEY ? "DROP FOREIGN KEY " :
		    r->mariadb ? "DROP CONSTRAINT " : "DROP CHECK ", i + 1,
		    i + 2);
	}
	add_clause(r, "ADD ", i, end);
}

/* Add the names of the partitions that are defined from i to end; those that
 * are not there make it hopeless. */
static void
add_partitions(struct rewriting *r, size_t i, size_t end)
{
	const struct lex *l = &r->lex;
	struct str quoted = STR_INIT;
	struct ident name;
	size_t depth = 0;
	bool any = false;

	add_comma(r);
	str_addz(r->out, "REORGANIZE PARTITION ");
	for (; i < end; i++) {
		if (lex_punct(l, i, '('))
			depth++;
		else if (lex_punct(l, i, ')'))
			depth--;
		if (depth != 1 || !lex_is(l, i, "PARTITION") ||
		    !read_name(r, i + 1, &name))
			continue;
		str_reset(&quoted);
		str_addf(&quoted, "PARTITION %s ", name.sql);
		if (strstr(r->is->rest, quoted.s) == NULL) {
			str_reset(&quoted);
			str_addf(&quoted, "PARTITION %s ", name.raw);
			if (strstr(r->is->rest, quoted.s) == NULL)
				r->hopeless = true;
		}
		str_addf(r->out, "%s%s", any ? ", " : "", name.sql);
		any = true;
	}
	str_free(&quoted);
	if (!any)
		r->hopeless = true;
	str_addz(r->out, " INTO ");
}

/* ADD PARTITION (...), or REORGANIZE PARTITION ... INTO (...). */
static void
add_partition(struct rewriting *r, size_t i, size_t end)
{
	while (i < end && !lex_punct(&r->lex, i, '('))
		i++;
	if (i == end) {
		r->hopeless = true;
		return;
	}
	add_partitions(r, i, end);
	add_text(r, i, end);
}

/* What is added with a word that is no column's name. */
static bool
add_other(struct rewriting *r, size_t i, size_t end)
{
	static const char *const key[] = { "INDEX", "KEY", NULL };
	static const char *const kind[] = { "UNIQUE", "FULLTEXT", "SPATIAL",
	    NULL };
	const struct lex *l = &r->lex;
	size_t symbol = 0, k = i, after;

	if (lex_is(l, k, "CONSTRAINT")) {
		k++;
		if (lex_named(l, k) && !lex_any(l, k, kind) &&
		    !lex_is(l, k, "PRIMARY") && !lex_is(l, k, "FOREIGN") &&
		    !lex_is(l, k, "CHECK"))
			symbol = k++;
	}
	if (lex_is(l, k, "PRIMARY")) {
		add_primary(r, i, end);
	} else if (lex_is(l, k, "FOREIGN") || lex_is(l, k, "CHECK")) {
		if (symbol > 0)
			add_constraint(r, lex_is(l, k, "CHECK") ?
			    STRUCTURE_CHECK : STRUCTURE_FKEY, i, end);
		else
			add_clause(r, "ADD ", i, end);
	} else if (lex_any(l, k, kind) || lex_any(l, k, key) ||
	    (lex_is(l, k, "VECTOR") && lex_any(l, k + 1, key))) {
		after = k + 1;
		if (!lex_any(l, k, key))
			after += lex_any(l, after, key);
		if (lex_named(l, after) && !lex_is(l, after, "USING"))
			symbol = after;
		add_key(r, symbol > 0 ? symbol : end, i, end);
	} else {
		return symbol > 0;
	}
	return true;
}

/* One of those that an ADD adds; column: it said so. */
static void
add_one(struct rewriting *r, size_t i, size_t end, bool column)
{
	size_t k;

	for (k = i; k + 2 < end && !column; k++)
		if (lex_is(&r->lex, k, "IF") && lex_is(&r->lex, k + 1, "NOT") &&
		    lex_is(&r->lex, k + 2, "EXISTS")) {
			add_clause(r, "ADD ", i, end);
			return;
		}
	if (!column && lex_is(&r->lex, i, "PARTITION"))
		add_partition(r, i, end);
	else if (column || !add_other(r, i, end))
		add_column(r, i, end);
}

/* ADD [COLUMN] (a INT, b INT, KEY (a)) */
static void
add_list(struct rewriting *r, size_t i, size_t end)
{
	const struct lex *l = &r->lex;
	size_t depth = 0, from = i;

	for (; i < end; i++) {
		if ((lex_punct(l, i, ',') || lex_punct(l, i, ')')) &&
		    depth == 0) {
			if (i > from)
				add_one(r, from, i, false);
			from = i + 1;
			if (lex_punct(l, i, ')'))
				break;
		} else if (lex_punct(l, i, '(')) {
			depth++;
		} else if (lex_punct(l, i, ')')) {
			depth--;
		}
	}
	/* PARTITION BY, without a comma. */
	if (from < end) {
		str_addz(r->out, " ");
		add_text(r, from, end);
	}
}

static void
rewrite_add(struct rewriting *r, size_t i, size_t end)
{
	size_t k = i + 1;
	bool column = lex_is(&r->lex, k, "COLUMN");

	k += column;
	if (lex_is(&r->lex, k, "IF"))
		add_clause(r, "", i, end);
	else if (lex_punct(&r->lex, k, '('))
		add_list(r, k + 1, end);
	else
		add_one(r, k, end, column);
}

/* Is there what is dropped at i? */
static bool
is_there(const struct rewriting *r, size_t i)
{
	const struct lex *l = &r->lex;

	if (lex_is(l, i, "PRIMARY"))
		return table_key(r->t, "PRIMARY") != NULL;
	if (lex_is(l, i, "INDEX") || lex_is(l, i, "KEY"))
		return has_key(r, i + 1);
	if (lex_is(l, i, "FOREIGN"))
		return has_constraint(r, STRUCTURE_FKEY, i + 2);
	if (lex_is(l, i, "CHECK"))
		return has_constraint(r, STRUCTURE_CHECK, i + 1);
	if (lex_is(l, i, "CONSTRAINT"))
		return has_key(r, i + 1) ||
		    has_constraint(r, STRUCTURE_FKEY, i + 1) ||
		    has_constraint(r, STRUCTURE_CHECK, i + 1);
	return has_column(r, lex_is(l, i, "COLUMN") ? i + 1 : i);
}

/* Does it name only what begins at i, or depend on what is there? */
static bool
says_if(const struct lex *l, size_t i, size_t end)
{
	for (; i + 1 < end; i++)
		if (lex_is(l, i, "IF") && lex_is(l, i + 1, "EXISTS"))
			return true;
	return false;
}

static void
rewrite_change(struct rewriting *r, size_t i, size_t end)
{
	size_t from = i + 1 + lex_is(&r->lex, i + 1, "COLUMN");

	if (lex_is(&r->lex, from, "IF") || has_column(r, from) ||
	    !has_column(r, from + 1)) {
		add_clause(r, "", i, end);
		return;
	}
	drop_checks(r, from + 1, end);
	add_modify(r, from + 1, end);
}

static void
rewrite_rename(struct rewriting *r, size_t i, size_t end)
{
	bool column = lex_is(&r->lex, i + 1, "COLUMN");
	bool done = end == i + 5 && lex_is(&r->lex, i + 3, "TO") && (column ?
	    !has_column(r, i + 2) && has_column(r, i + 4) :
	    !has_key(r, i + 2) && has_key(r, i + 4));

	if (!done)
		add_clause(r, "", i, end);
}

static void
rewrite(struct rewriting *r, size_t i, size_t end)
{
	const struct lex *l = &r->lex;

	if (end >= i + 2 && lex_is(l, end - 2, "REMOVE") &&
	    lex_is(l, end - 1, "PARTITIONING") &&
	    !structure_has_partitions(r->is))
		end -= 2;
	if (i == end)
		return;
	if (lex_is(l, i, "ADD"))
		rewrite_add(r, i, end);
	else if (lex_is(l, i, "CHANGE"))
		rewrite_change(r, i, end);
	else if (lex_is(l, i, "RENAME"))
		rewrite_rename(r, i, end);
	else if (lex_is(l, i, "REORGANIZE") && lex_is(l, i + 1, "PARTITION"))
		add_partition(r, i, end);
	else if (!lex_is(l, i, "DROP") || says_if(l, i, end) ||
	    is_there(r, i + 1))
		add_clause(r, "", i, end);
}

bool
repeatable_text(struct str *out, const struct alter *a, const struct table *t,
    const struct structure *is, const struct server *s)
{
	struct rewriting r = { .out = out, .a = a, .t = t, .is = is,
		.mariadb = s->mariadb,
		.references = s->mariadb || s->version >= 90000 };
	size_t i, end, k;

	r.hopeless = !alter_scan(&r.lex, a->text, s);
	for (i = 0; i < r.lex.n; i++)
		r.hopeless = r.hopeless || r.lex.token[i].maybe;
	for (k = 0; k < a->n_clauses && !r.hopeless; k++) {
		alter_clause_tokens(&r.lex, &a->clause[k], &i, &end);
		rewrite(&r, i, end);
	}
	lex_free(&r.lex);
	return !r.hopeless;
}

