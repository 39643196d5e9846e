#include "model/alter.h"

#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "model/lex.h"
#include "model/modifier.h"

/*
 * One clause is read at a time, from its first words.  take_*() step over a
 * token if it is what they are asked for, so that a clause that goes another
 * way than expected is simply left: the server will say what is wrong with
 * it, or it is none of our business.
 */
struct parser {
	struct alter *a;
	struct lex lex;
	size_t i;		/* the next token */
	size_t end;		/* one past the last token of the clause */
	struct err *e;
};

static const char no_rename[] = "RENAME changes the table's name, not its "
    "shape; run RENAME TABLE by itself";
static const char no_wait[] = "WAIT and NOWAIT limit the wait for a lock, "
    "which is our part; leave them out";
static const char no_statement[] = "it is a whole statement; give only what "
    "follows ALTER TABLE and the table's name";
static const char no_rows[] = "it takes rows away on purpose, and a copy "
    "cannot prove that only those are gone; run it natively, it is instant";
static const char no_files[] = "it moves rows between tables or files, which "
    "a copy cannot do; run it natively, it is instant";
static const char no_upkeep[] = "it is upkeep of a partition, not a change of "
    "shape; run it natively";
static const char no_history[] = "system versioning and periods are not "
    "copied yet; run it natively";
static const char no_secondary[] = "loading a secondary engine does not "
    "change the table's shape; run it natively";
static const char no_maybe[] = "it depends on the server's version whether "
    "columns are dropped or renamed; write it without the version comment";

/* What a refused clause starts with. */
static const struct {
	const char *start;
	const char *why;
} refused[] = {
	{ "ALTER TABLE",		no_statement },
	{ "ALTER IGNORE",		no_statement },
	{ "ALTER OFFLINE TABLE",	no_statement },
	{ "ALTER ONLINE TABLE",		no_statement },
	{ "ALTER ONLINE IGNORE",	no_statement },
	{ "DROP PARTITION",		no_rows },
	{ "TRUNCATE PARTITION",		no_rows },
	{ "CONVERT PARTITION",		no_files },
	{ "CONVERT TABLE",		no_files },
	{ "DISCARD PARTITION",		no_files },
	{ "DISCARD TABLESPACE",		no_files },
	{ "EXCHANGE PARTITION",		no_files },
	{ "IMPORT PARTITION",		no_files },
	{ "IMPORT TABLESPACE",		no_files },
	{ "ANALYZE PARTITION",		no_upkeep },
	{ "CHECK PARTITION",		no_upkeep },
	{ "OPTIMIZE PARTITION",		no_upkeep },
	{ "REPAIR PARTITION",		no_upkeep },
	{ "ADD PERIOD FOR",		no_history },
	{ "ADD PERIOD IF",		no_history },
	{ "ADD SYSTEM VERSIONING",	no_history },
	{ "DROP PERIOD FOR",		no_history },
	{ "DROP PERIOD IF",		no_history },
	{ "DROP SYSTEM VERSIONING",	no_history },
	{ "WITH SYSTEM VERSIONING",	no_history },
	{ "SECONDARY_LOAD",		no_secondary },
	{ "SECONDARY_UNLOAD",		no_secondary },
};

static bool
take_word(struct parser *p, const char *word)
{
	if (p->i >= p->end || !lex_is(&p->lex, p->i, word))
		return false;
	p->i++;
	return true;
}

static void
take_if_exists(struct parser *p)
{
	/* Both words are reserved: unquoted they are never a name. */
	if (take_word(p, "IF"))
		take_word(p, "EXISTS");
}

static bool
at_name(const struct parser *p)
{
	return p->i < p->end && lex_named(&p->lex, p->i);
}

/* The words are separated by one blank; a sign is a word as well. */
static bool
starts_with(const struct parser *p, const char *words)
{
	char word[16];
	size_t i, len;

	for (i = p->i; *words != '\0'; i++) {
		len = strcspn(words, " ");
		if (i >= p->end || len >= sizeof(word))
			return false;
		memcpy(word, words, len);
		word[len] = '\0';
		if (!lex_is(&p->lex, i, word) &&
		    !(len == 1 && lex_punct(&p->lex, i, word[0])))
			return false;
		words += len + (words[len] == ' ');
	}
	return true;
}

static struct alter_item *
add(struct parser *p, enum alter_what what)
{
	struct alter *a = p->a;
	struct alter_item *it;

	a->item = xrealloc(a->item, a->n + 1, sizeof(*a->item));
	it = &a->item[a->n++];
	memset(it, 0, sizeof(*it));
	it->what = what;
	it->clause = a->n_clauses > 0 ? a->n_clauses - 1 : 0;
	return it;
}

static int
add_refused(struct parser *p, const char *why)
{
	add(p, ALTER_REFUSED)->why = why;
	return 0;
}

/* The next token is the name that the item is about, or there is none. */
static int
add_named(struct parser *p, enum alter_what what)
{
	const struct lex_token *t;
	struct alter_item *it;

	if (!at_name(p))
		return 0;
	t = &p->lex.token[p->i];
	it = add(p, what);
	it->at = t->at;
	it->len = t->len;
	return lex_name(&p->lex, p->i++, &it->from, p->e);
}

/* The name at token `from` becomes the one at the next token. */
static int
add_rename(struct parser *p, size_t from)
{
	struct ident to;
	size_t last, next = p->i + 1;

	if (lex_name(&p->lex, p->i, &to, p->e) != 0)
		return -1;
	p->i = from;
	if (add_named(p, ALTER_RENAME_COLUMN) != 0)
		return -1;
	p->i = next;
	last = p->a->n - 1;
	p->a->item[last].to = to;
	/* CHANGE a a ... gives the column a new type under its old name. */
	if (strcmp(p->a->item[last].from.raw, to.raw) == 0)
		p->a->n = last;
	return 0;
}

/* CHANGE [COLUMN] [IF EXISTS] a b ... */
static int
read_change(struct parser *p)
{
	size_t from;

	take_word(p, "COLUMN");
	take_if_exists(p);
	if (!at_name(p))
		return 0;
	from = p->i++;
	return at_name(p) ? add_rename(p, from) : 0;
}

/* RENAME COLUMN [IF EXISTS] a TO b, or RENAME {INDEX | KEY} ... */
static int
read_rename(struct parser *p)
{
	size_t from;

	if (take_word(p, "INDEX") || take_word(p, "KEY"))
		return 0;
	if (!take_word(p, "COLUMN"))
		return add_refused(p, no_rename);
	take_if_exists(p);
	if (!at_name(p))
		return 0;
	from = p->i++;
	if (!take_word(p, "TO") || !at_name(p))
		return 0;
	return add_rename(p, from);
}

/*
 * DROP [COLUMN] [IF EXISTS] a, and the DROPs of other things.  Their first
 * words are reserved, so that a column of that name stands in quotes.
 */
static int
read_drop(struct parser *p)
{
	enum alter_what what = ALTER_DROP_COLUMN;

	if (take_word(p, "PRIMARY") || take_word(p, "INDEX") ||
	    take_word(p, "KEY"))
		return 0;
	if (take_word(p, "FOREIGN")) {
		if (!take_word(p, "KEY"))
			return 0;
		what = ALTER_DROP_FKEY;
	} else if (take_word(p, "CONSTRAINT") || take_word(p, "CHECK")) {
		what = ALTER_DROP_CONSTRAINT;
	} else {
		take_word(p, "COLUMN");
	}
	take_if_exists(p);
	return add_named(p, what);
}

/* ALTER {CHECK | CONSTRAINT} a [NOT] ENFORCED, and that of columns and keys */
static int
read_alter(struct parser *p)
{
	if (!take_word(p, "CHECK") && !take_word(p, "CONSTRAINT"))
		return 0;
	return add_named(p, ALTER_CHECK);
}

/* ADD [CONSTRAINT [name]] FOREIGN KEY ... REFERENCES [schema.]table */
static int
read_add(struct parser *p)
{
	struct alter_item *it;
	size_t i, n = p->a->n;
	bool named = take_word(p, "CONSTRAINT") &&
	    lex_is(&p->lex, p->i + 1, "FOREIGN");

	if (!lex_is(&p->lex, p->i + named, "FOREIGN"))
		return 0;
	if (!named)
		add(p, ALTER_ADD_FKEY);
	else if (add_named(p, ALTER_ADD_FKEY) != 0)
		return -1;
	/* CONSTRAINT 'x' FOREIGN KEY: what is no name there is no SQL. */
	if (p->a->n == n)
		return 0;
	it = &p->a->item[n];
	for (i = p->i; i < p->end; i++)
		if (lex_is(&p->lex, i, "REFERENCES"))
			break;
	i += lex_punct(&p->lex, i + 2, '.') ? 3 : 1;
	return i < p->end && lex_named(&p->lex, i) ?
	    lex_name(&p->lex, i, &it->parent, p->e) : 0;
}

/*
 * AUTO_INCREMENT with a number after it is the table's option, without one
 * the column's.  Options need no comma between them, so it may be anywhere.
 */
static bool
sets_auto_increment(const struct parser *p)
{
	size_t i, depth = 0, number;

	for (i = p->i; i < p->end; i++) {
		if (lex_punct(&p->lex, i, '('))
			depth++;
		else if (lex_punct(&p->lex, i, ')'))
			depth--;
		if (depth > 0 || p->lex.token[i].maybe ||
		    !lex_is(&p->lex, i, "AUTO_INCREMENT"))
			continue;
		number = i + 1 + lex_punct(&p->lex, i + 1, '=');
		if (number < p->end && lex_digit(&p->lex, number))
			return true;
	}
	return false;
}

static int
read_words(struct parser *p)
{
	size_t i;

	if (sets_auto_increment(p))
		p->a->sets_auto_increment = true;
	for (i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		if (starts_with(p, refused[i].start))
			return add_refused(p, refused[i].why);
	if (take_word(p, "CHANGE"))
		return read_change(p);
	if (take_word(p, "RENAME"))
		return read_rename(p);
	if (take_word(p, "DROP"))
		return read_drop(p);
	if (take_word(p, "ALTER"))
		return read_alter(p);
	if (take_word(p, "ADD"))
		return read_add(p);
	return 0;
}

/* CONSTRAINT name CHECK, wherever it is: also a column may have one. */
static int
read_checks(struct parser *p, size_t from)
{
	size_t i;

	for (i = from; i + 2 < p->end; i++) {
		if (!lex_is(&p->lex, i, "CONSTRAINT") ||
		    !lex_named(&p->lex, i + 1) ||
		    !lex_is(&p->lex, i + 2, "CHECK"))
			continue;
		p->i = i + 1;
		if (add_named(p, ALTER_ADD_CHECK) != 0)
			return -1;
	}
	return 0;
}

/*
 * A DROP that we believe and the server leaves out would cost the column's
 * values, so what it may leave out is not believed.  The comma counts too.
 */
static int
read_clause(struct parser *p)
{
	size_t begin = p->i, i = begin > 0 ? begin - 1 : 0, n = p->a->n;

	if (read_words(p) != 0)
		return -1;
	for (; i < p->i && p->a->n > n; i++) {
		if (!p->lex.token[i].maybe)
			continue;
		p->a->n = n;
		return add_refused(p, no_maybe);
	}
	return read_checks(p, begin);
}

/* ALTER TABLE t {WAIT n | NOWAIT} ..., with no comma after it. */
static void
read_wait(struct parser *p)
{
	if (lex_is(&p->lex, 0, "NOWAIT"))
		p->i = 1;
	else if (lex_is(&p->lex, 0, "WAIT") && lex_digit(&p->lex, 1))
		p->i = 2;
	if (p->i > 0)
		add_refused(p, no_wait);
}

static int
not_alone(struct parser *p, size_t i)
{
	err_set(p->e, ERR_USAGE, "there is a \";\" after %zu bytes",
	    p->lex.token[i].at);
	return err_hint(p->e, "give the clauses of one ALTER TABLE");
}

/* One past the last token of the clause that begins at p->i. */
static int
find_end(struct parser *p)
{
	const struct lex *l = &p->lex;
	size_t depth = 0, open = 0;

	for (p->end = p->i; p->end < l->n; p->end++) {
		if (lex_punct(l, p->end, ';'))
			return not_alone(p, p->end);
		if (lex_punct(l, p->end, '(') && depth++ == 0)
			open = p->end;
		if (lex_punct(l, p->end, ')') && depth-- == 0)
			return err_set(p->e, ERR_USAGE, "a \")\" has no "
			    "\"(\": %.40s", l->text + l->token[p->end].at);
		if (lex_punct(l, p->end, ',') && depth == 0)
			break;
	}
	if (depth > 0)
		return err_set(p->e, ERR_USAGE, "a \"(\" is not closed: %.40s",
		    l->text + l->token[open].at);
	return 0;
}

static void
add_clause(struct parser *p)
{
	const struct lex_token *t = &p->lex.token[p->i];
	struct alter *a = p->a;
	struct alter_clause *c;

	a->clause = xrealloc(a->clause, a->n_clauses + 1, sizeof(*a->clause));
	c = &a->clause[a->n_clauses++];
	c->at = t->at;
	c->len = p->end > p->i ? lex_end(&p->lex, p->end - 1) - t->at : 0;
}

static int
read_all(struct parser *p)
{
	read_wait(p);
	while (p->i < p->lex.n) {
		if (find_end(p) != 0)
			return -1;
		add_clause(p);
		if (read_clause(p) != 0)
			return -1;
		p->i = p->end + 1;
	}
	return 0;
}

int
alter_parse(struct alter *a, const char *text, const struct alter_mode *mode,
    struct err *e)
{
	struct lex_mode lm = {
		.ansi_quotes = mode->ansi_quotes,
		.no_backslash_escapes = mode->no_backslash_escapes,
		.mariadb = mode->mariadb,
	};
	struct parser p = { .a = a, .e = e };
	struct str rest = STR_INIT, left_out = STR_INIT;
	int rc;

	memset(a, 0, sizeof(*a));
	rc = modifier_blank(&rest, &left_out, text, &lm, e);
	a->text = str_take(&rest);
	a->left_out = str_take(&left_out);
	if (rc == 0)
		rc = lex_scan(&p.lex, a->text, &lm, e);
	if (rc == 0)
		rc = read_all(&p);
	lex_free(&p.lex);
	return rc != 0 ? err_while(e, "the ALTER") : 0;
}

void
alter_free(struct alter *a)
{
	free(a->text);
	free(a->left_out);
	free(a->item);
	free(a->clause);
	memset(a, 0, sizeof(*a));
}

static const struct alter_item *
find(const struct alter *a, enum alter_what what, const char *column)
{
	size_t i;

	for (i = 0; i < a->n; i++)
		if (a->item[i].what == what &&
		    same_text(a->item[i].from.raw, column))
			return &a->item[i];
	return NULL;
}

const char *
alter_renamed(const struct alter *a, const char *column)
{
	const struct alter_item *it = find(a, ALTER_RENAME_COLUMN, column);

	return it != NULL ? it->to.raw : NULL;
}

bool
alter_drops(const struct alter *a, const char *column)
{
	return find(a, ALTER_DROP_COLUMN, column) != NULL;
}

bool
alter_drops_fkey(const struct alter *a, const char *name)
{
	return find(a, ALTER_DROP_FKEY, name) != NULL ||
	    find(a, ALTER_DROP_CONSTRAINT, name) != NULL;
}

void
alter_stand_in(struct ident *to, const struct alter_item *added)
{
	ident_derive(to, "", added->from.raw, "_livealter2");
}

int
alter_read(struct alter *a, const char *text, const struct server *s,
    struct err *e)
{
	struct alter_mode mode = {
		.ansi_quotes = s->ansi_quotes,
		.no_backslash_escapes = s->no_backslash_escapes,
		.mariadb = s->mariadb,
	};

	return alter_parse(a, text, &mode, e);
}

bool
alter_scan(struct lex *l, const char *text, const struct server *s)
{
	const struct lex_mode mode = {
		.ansi_quotes = s->ansi_quotes,
		.no_backslash_escapes = s->no_backslash_escapes,
		.mariadb = s->mariadb,
	};
	struct err ignored = { .kind = ERR_NONE };

	memset(l, 0, sizeof(*l));
	return lex_scan(l, text, &mode, &ignored) == 0;
}

void
alter_clause_tokens(const struct lex *l, const struct alter_clause *c,
    size_t *i, size_t *end)
{
	for (*i = 0; *i < l->n && l->token[*i].at < c->at; ++*i)
		;
	for (*end = *i; *end < l->n && l->token[*end].at < c->at + c->len;
	    ++*end)
		;
}
