#include "model/statement.h"

#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "model/alter.h"
#include "model/check_names.h"
#include "model/lex.h"

struct parser {
	struct statement *st;
	const char *file;
	const struct qname *to;
	bool mariadb;
	struct lex lex;
	size_t i;		/* the next token */
	size_t end;		/* one past the statement's last token */
	struct ident name;	/* what it calls its table */
	struct ident db;	/* raw is '' when it says none */
	size_t done;		/* bytes that are copied or left out */
	struct err *e;
};

static int
wrong(struct parser *p, const char *what)
{
	err_set(p->e, ERR_USAGE, "--to %s: %s", p->file, what);
	return err_hint(p->e, "it has to have one CREATE TABLE with all "
	    "columns, as SHOW CREATE TABLE has it");
}

static bool
take(struct parser *p, const char *word)
{
	if (p->i >= p->end || !lex_is(&p->lex, p->i, word))
		return false;
	p->i++;
	return true;
}

/* The ";" and what is behind it. */
static int
find_end(struct parser *p)
{
	const struct lex *l = &p->lex;
	size_t i;

	for (p->end = 0; p->end < l->n && !lex_punct(l, p->end, ';');)
		p->end++;
	for (i = p->end; i < l->n; i++)
		if (!lex_punct(l, i, ';'))
			return wrong(p, "there is more than one statement");
	return 0;
}

static int
read_name(struct parser *p)
{
	const struct lex *l = &p->lex;

	if (p->i >= p->end || !lex_named(l, p->i))
		return wrong(p, "CREATE TABLE is not followed by a name");
	if (lex_name(l, p->i++, &p->name, p->e) != 0)
		return -1;
	if (!lex_punct(l, p->i, '.'))
		return 0;
	p->db = p->name;
	p->i++;
	if (p->i >= p->end || !lex_named(l, p->i))
		return wrong(p, "CREATE TABLE is not followed by a name");
	return lex_name(l, p->i++, &p->name, p->e);
}

/* CREATE TABLE name, up to the parenthesis. */
static int
read_head(struct parser *p)
{
	if (!take(p, "CREATE"))
		return wrong(p, p->end == 0 ? "there is no statement in it" :
		    "it does not begin with CREATE TABLE");
	if (take(p, "OR"))
		take(p, "REPLACE");
	if (lex_is(&p->lex, p->i, "TEMPORARY"))
		return wrong(p, "a temporary table is none to migrate to");
	if (!take(p, "TABLE"))
		return wrong(p, "it does not begin with CREATE TABLE");
	if (take(p, "IF")) {
		take(p, "NOT");
		take(p, "EXISTS");
	}
	if (read_name(p) != 0)
		return -1;
	if (lex_is(&p->lex, p->i, "LIKE") ||
	    (lex_punct(&p->lex, p->i, '(') &&
	    lex_is(&p->lex, p->i + 1, "LIKE")))
		return wrong(p, "CREATE TABLE ... LIKE has no columns");
	if (!lex_punct(&p->lex, p->i, '(') ||
	    lex_is(&p->lex, p->i + 1, "SELECT"))
		return wrong(p, "CREATE TABLE has no list of columns");
	return 0;
}

static void
copy_up_to(struct parser *p, size_t at)
{
	str_add(&p->st->sql, p->lex.text + p->done, at - p->done);
	p->done = at;
}

static void
replace(struct parser *p, size_t from, size_t last, const char *text)
{
	copy_up_to(p, p->lex.token[from].at);
	str_addz(&p->st->sql, text);
	p->done = lex_end(&p->lex, last);
}

/* CONSTRAINT name CHECK, or FOREIGN KEY, at token i. */
static int
rename_constraint(struct parser *p, size_t i)
{
	struct statement *st = p->st;
	const struct lex *l = &p->lex;
	bool check = lex_is(l, i + 2, "CHECK");
	struct statement_name *n;

	if (!lex_is(l, i, "CONSTRAINT") || !lex_named(l, i + 1) ||
	    lex_is(l, i + 1, "CHECK") || lex_is(l, i + 1, "FOREIGN") ||
	    !(check || lex_is(l, i + 2, "FOREIGN")) || (check && p->mariadb))
		return 0;
	st->name = xrealloc(st->name, st->n_names + 1, sizeof(*st->name));
	n = &st->name[st->n_names++];
	memset(n, 0, sizeof(*n));
	if (lex_name(l, i + 1, &n->from, p->e) != 0)
		return -1;
	ident_derive(&n->to, "", n->from.raw, "_livealter3");
	replace(p, i + 1, i + 1, n->to.sql);
	return 0;
}

/* REFERENCES [schema.]table at token i. */
static int
note_parent(struct parser *p, size_t i)
{
	struct statement *st = p->st;
	const struct lex *l = &p->lex;
	bool far = lex_punct(l, i + 2, '.');
	size_t at = far ? i + 3 : i + 1;
	struct ident db = p->to->db, table;
	struct qname *parent;

	if (!lex_is(l, i, "REFERENCES") || at >= p->end ||
	    !lex_named(l, i + 1) || !lex_named(l, at))
		return 0;
	st->parent = xrealloc(st->parent, st->n_parents + 1,
	    sizeof(*st->parent));
	parent = &st->parent[st->n_parents];
	if (lex_name(l, at, &table, p->e) != 0 ||
	    (far && lex_name(l, i + 1, &db, p->e) != 0) ||
	    qname_set(parent, db.raw, table.raw, p->e) != 0)
		return -1;
	if (!same_text(table.raw, p->name.raw) ||
	    (far && !same_text(db.raw, p->db.raw)))
		st->n_parents++;
	else
		replace(p, i + 1, at, p->to->sql);
	return 0;
}

/* Columns, keys and constraints. */
static int
read_body(struct parser *p)
{
	size_t depth = 0;

	copy_up_to(p, p->lex.token[p->i].at);
	for (; p->i < p->end; p->i++) {
		if (lex_punct(&p->lex, p->i, '('))
			depth++;
		else if (lex_punct(&p->lex, p->i, ')') && --depth == 0)
			return 0;
		else if (depth == 1 && (rename_constraint(p, p->i) != 0 ||
		    note_parent(p, p->i) != 0))
			return -1;
	}
	return wrong(p, "a \"(\" is not closed");
}

/* Options and partitions; no rows. */
static int
read_rest(struct parser *p)
{
	static const char *const no[] = { "AS", "SELECT", "TABLE", "VALUES",
	    "LIKE", NULL };
	size_t i, depth = 0;

	for (i = p->i + 1; i < p->end; i++) {
		if (lex_punct(&p->lex, i, '('))
			depth++;
		else if (lex_punct(&p->lex, i, ')') && depth-- == 0)
			return wrong(p, "a \")\" has no \"(\"");
		if (lex_is(&p->lex, i, "SELECT") || (depth == 0 &&
		    !lex_punct(&p->lex, i - 1, '=') &&
		    lex_any(&p->lex, i, no)))
			return wrong(p, "CREATE TABLE ... SELECT also says "
			    "which rows there are");
	}
	return depth > 0 ? wrong(p, "a \"(\" is not closed") : 0;
}

static int
read_all(struct parser *p)
{
	if (find_end(p) != 0 || read_head(p) != 0)
		return -1;
	p->done = p->lex.token[p->i].at;
	str_addf(&p->st->sql, "CREATE TABLE %s ", p->to->sql);
	if (read_body(p) != 0 || read_rest(p) != 0)
		return -1;
	copy_up_to(p, p->end < p->lex.n ? p->lex.token[p->end].at :
	    strlen(p->lex.text));
	return 0;
}

int
statement_read(struct statement *st, const char *text, const char *file,
    const struct qname *to, const struct server *s, struct err *e)
{
	const struct lex_mode mode = {
		.ansi_quotes = s->ansi_quotes,
		.no_backslash_escapes = s->no_backslash_escapes,
		.mariadb = s->mariadb,
	};
	struct parser p = { .st = st, .file = file, .to = to,
	    .mariadb = s->mariadb, .e = e };
	int rc;

	rc = lex_scan(&p.lex, text, &mode, e);
	if (rc != 0)
		err_while(e, "--to %s", file);
	else
		rc = read_all(&p);
	lex_free(&p.lex);
	return rc;
}

void
statement_free(struct statement *st)
{
	str_free(&st->sql);
	free(st->name);
	free(st->parent);
	st->name = NULL;
	st->parent = NULL;
	st->n_names = st->n_parents = 0;
}

/* What token i, a name, is to be; NULL: what it is. */
static const char *
back(const struct statement *st, const struct lex *l, size_t i,
    const struct ident *was, const struct ident *name, struct ident *made)
{
	struct err ignored = { .kind = ERR_NONE };
	struct ident id;
	size_t k;

	if (l->token[i].kind != LEX_NAME || lex_name(l, i, &id, &ignored) != 0)
		return NULL;
	if ((i == 2 || lex_is(l, i - 1, "REFERENCES")) &&
	    same_text(id.raw, was->raw))
		return name->sql;
	for (k = 0; k < st->n_names; k++)
		if (same_text(st->name[k].to.raw, id.raw))
			return st->name[k].from.sql;
	if (!lex_is(l, i - 1, "CONSTRAINT") ||
	    !check_names_follow(id.raw, was->raw))
		return NULL;
	ident_derive(made, "", name->raw, id.raw + strlen(was->raw));
	return made->sql;
}

int
statement_back(struct str *out, const struct statement *st,
    const char *show_create, const struct ident *was,
    const struct ident *name, struct err *e)
{
	static const struct lex_mode mode = { .mariadb = false };
	struct lex l = { 0 };
	struct ident made;
	const char *to;
	size_t i, done = 0;
	int rc = lex_scan(&l, show_create, &mode, e);

	for (i = 0; rc == 0 && i < l.n; i++) {
		to = back(st, &l, i, was, name, &made);
		if (to == NULL)
			continue;
		str_add(out, show_create + done, l.token[i].at - done);
		str_addz(out, to);
		done = lex_end(&l, i);
	}
	if (rc == 0)
		str_addz(out, show_create + done);
	lex_free(&l);
	return rc;
}
