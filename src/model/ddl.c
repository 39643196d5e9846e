#include "model/ddl.h"

#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "model/encode.h"
#include "model/fkey.h"
#include "model/lex.h"

/*
 * The text is copied as it is, byte for byte, but for the few places that
 * change: everything before `done` has been copied or left out.
 */
struct rewrite {
	const struct ddl_change *how;
	struct lex lex;
	struct str out;
	size_t done;
	struct err *e;
};

static void
copy_up_to(struct rewrite *r, size_t at)
{
	if (at > r->done)
		str_add(&r->out, r->lex.text + r->done, at - r->done);
	r->done = at;
}

/* Put text in the place of token i. */
static void
replace(struct rewrite *r, size_t i, const char *text)
{
	copy_up_to(r, r->lex.token[i].at);
	str_addz(&r->out, text);
	r->done = lex_end(&r->lex, i);
}

/*
 * If nothing but a version comment's marks stand around [*from, *to), take
 * them in: an empty comment would be left.  Between two tokens there is
 * nothing else than blanks and such marks.
 */
static void
take_in_comment(const struct rewrite *r, size_t low, size_t high,
    size_t *from, size_t *to)
{
	const char *text = r->lex.text;
	size_t a = *from, b = *to;

	while (a > low && text[a] != '/')
		a--;
	while (b < high && text[b] != '*')
		b++;
	if (a + 1 < *from && memcmp(text + a, "/*", 2) == 0 && b + 1 < high &&
	    memcmp(text + b, "*/", 2) == 0) {
		*from = a;
		*to = b + 2;
	}
}

/* Leave out n tokens from i on, with the blanks before them. */
static size_t
leave_out(struct rewrite *r, size_t i, size_t n)
{
	const struct lex *l = &r->lex;
	size_t from = l->token[i].at, to = lex_end(l, i + n - 1);
	size_t low = lex_end(l, i - 1);
	size_t high = i + n < l->n ? l->token[i + n].at : strlen(l->text);

	if (low < r->done)
		low = r->done;
	take_in_comment(r, low, high, &from, &to);
	while (from > low && strchr(" \t\r\n", l->text[from - 1]) != NULL)
		from--;
	copy_up_to(r, from);
	r->done = to;
	return i + n;
}

static int
not_a_table(struct rewrite *r)
{
	return err_set(r->e, ERR_CREATE, "the server's CREATE TABLE is not "
	    "understood: %.80s", r->lex.text);
}

#define BODY 4	/* the first token after CREATE TABLE `name` ( */

static int
change_name(struct rewrite *r)
{
	const struct lex *l = &r->lex;

	if (!lex_is(l, 0, "CREATE") || !lex_is(l, 1, "TABLE") ||
	    !lex_named(l, 2) || !lex_punct(l, 3, '('))
		return not_a_table(r);
	replace(r, 2, r->how->to->sql);
	return 0;
}

/* CONSTRAINT `name` CHECK, or FOREIGN KEY, at token i? */
static int
change_constraint(struct rewrite *r, size_t i)
{
	bool check = lex_is(&r->lex, i + 2, "CHECK");
	struct ident was, to;

	if (!lex_is(&r->lex, i, "CONSTRAINT") ||
	    !lex_named(&r->lex, i + 1) ||
	    !(check || lex_is(&r->lex, i + 2, "FOREIGN")) ||
	    (check && r->how->rename_check == NULL))
		return 0;
	if (lex_name(&r->lex, i + 1, &was, r->e) != 0)
		return -1;
	if (check)
		r->how->rename_check(r->how->arg, was.raw, &to);
	else
		fkey_stand_in(&to, was.raw);
	replace(r, i + 1, to.sql);
	return 0;
}

/* The word after the COLLATE= of the table's options, or 0. */
static size_t
table_collation(const struct lex *l)
{
	size_t i;

	for (i = l->n; i-- > BODY; )
		if (i + 2 < l->n && lex_is(l, i, "COLLATE") &&
		    lex_punct(l, i + 1, '='))
			return i + 2;
	return 0;
}

/* COLLATE x without CHARACTER SET before it, and x is the table's? */
static bool
is_inherited(const struct lex *l, size_t i, size_t table)
{
	return table > 0 && lex_is(l, i, "COLLATE") &&
	    !lex_is(l, i - 2, "SET") && i + 1 < l->n &&
	    l->token[i + 1].len == l->token[table].len &&
	    memcmp(l->text + l->token[i + 1].at, l->text + l->token[table].at,
	    l->token[table].len) == 0;
}

/*
 * Columns, keys and constraints, up to the parenthesis that ends them.  A ";"
 * among them is none of the server's.
 */
static int
change_columns(struct rewrite *r, size_t *i)
{
	size_t table = r->how->drop_collation ? table_collation(&r->lex) : 0;
	size_t depth = 1;

	for (; *i < r->lex.n; ++*i) {
		if (lex_punct(&r->lex, *i, ';'))
			return not_a_table(r);
		if (lex_punct(&r->lex, *i, '('))
			depth++;
		else if (lex_punct(&r->lex, *i, ')') && --depth == 0)
			break;
		else if (depth == 1 && is_inherited(&r->lex, *i, table))
			*i = leave_out(r, *i, 2) - 1;
		else if (depth == 1 && change_constraint(r, *i) != 0)
			return -1;
	}
	return depth > 0 ? not_a_table(r) : 0;
}

static void
add_data_dir(struct rewrite *r, size_t close)
{
	copy_up_to(r, lex_end(&r->lex, close));
	str_addz(&r->out, " DATA DIRECTORY=");
	encode_text(&r->out, r->how->data_dir);
}

/* Tokens of the option at i that is to be left out; 0: it stays. */
static size_t
unwanted(const struct rewrite *r, size_t i)
{
	const struct ddl_change *how = r->how;
	const struct lex *l = &r->lex;
	size_t n = 0;

	if (how->drop_engine && lex_is(l, i, "ENGINE") &&
	    lex_punct(l, i + 1, '='))
		n = 3;
	else if (how->drop_data_dir && lex_is(l, i, "DATA") &&
	    lex_is(l, i + 1, "DIRECTORY"))
		n = lex_punct(l, i + 2, '=') ? 4 : 3;
	else if (how->drop_tablespace && lex_is(l, i, "TABLESPACE"))
		n = lex_punct(l, i + 1, '=') ? 3 : 2;
	return i + n <= l->n ? n : 0;
}

/*
 * The table's options, and those of its partitions, which have the same
 * words.  Names may stand without quotes after PARTITION only.
 */
static int
change_options(struct rewrite *r, size_t i)
{
	const struct lex *l = &r->lex;
	size_t depth = 0, n;

	while (i < l->n) {
		if (lex_punct(l, i, ';') ||
		    (lex_punct(l, i, ')') && depth-- == 0))
			return not_a_table(r);
		if (lex_punct(l, i, '('))
			depth++;
		n = unwanted(r, i);
		if (n > 0)
			i = leave_out(r, i, n);
		else if ((lex_is(l, i, "PARTITION") ||
		    lex_is(l, i, "SUBPARTITION")) && lex_named(l, i + 1))
			i += 2;
		else
			i++;
	}
	return depth > 0 ? not_a_table(r) : 0;
}

static int
change_all(struct rewrite *r)
{
	size_t i = BODY;

	if (change_name(r) != 0 || change_columns(r, &i) != 0)
		return -1;
	if (r->how->data_dir != NULL)
		add_data_dir(r, i);
	if (change_options(r, i + 1) != 0)
		return -1;
	copy_up_to(r, strlen(r->lex.text));
	return 0;
}

int
ddl_create(struct str *out, const char *show_create,
    const struct ddl_change *how, struct err *e)
{
	static const struct lex_mode mode = { .mariadb = false };
	struct rewrite r = { .how = how, .out = STR_INIT, .e = e };
	int rc;

	rc = lex_scan(&r.lex, show_create, &mode, e);
	if (rc == 0)
		rc = change_all(&r);
	if (rc == 0)
		str_add(out, r.out.s, r.out.len);
	else
		e->kind = ERR_CREATE;
	str_free(&r.out);
	lex_free(&r.lex);
	return rc;
}

/* Is KEY at i the one of that name? */
static bool
is_key(const struct lex *l, size_t i, const char *name)
{
	struct err ignored = { .kind = ERR_NONE };
	struct ident id;

	if (!lex_is(l, i, "KEY"))
		return false;
	if (i > 0 && lex_is(l, i - 1, "PRIMARY"))
		return strcmp(name, "PRIMARY") == 0;
	return lex_named(l, i + 1) &&
	    lex_name(l, i + 1, &id, &ignored) == 0 && same_text(id.raw, name);
}

/* Does the list that begins after i say so? */
static bool
list_says(const struct lex *l, size_t i)
{
	while (i < l->n && !lex_punct(l, i, ')') &&
	    !(lex_is(l, i, "WITHOUT") && lex_is(l, i + 1, "OVERLAPS")))
		i++;
	return lex_is(l, i, "WITHOUT");
}

static bool
is_overlapping(const struct lex *l, size_t i, const char *name)
{
	return is_key(l, i, name) && list_says(l, i + 1);
}

static bool
is_fulltext(const struct lex *l, size_t i, const char *name)
{
	(void)name;
	return lex_is(l, i, "FULLTEXT") && lex_is(l, i + 1, "KEY");
}

static bool
is_period(const struct lex *l, size_t i, const char *name)
{
	(void)name;
	return lex_is(l, i, "PERIOD") && lex_is(l, i + 1, "FOR") &&
	    !lex_is(l, i + 2, "SYSTEM_TIME");
}

/* Is there a place in the text that is so? */
static bool
has(const char *show_create, bool (*is)(const struct lex *l, size_t i,
    const char *name), const char *name)
{
	static const struct lex_mode mode = { .mariadb = true };
	struct err ignored = { .kind = ERR_NONE };
	struct lex l = { 0 };
	bool found = false;
	size_t i;

	if (lex_scan(&l, show_create, &mode, &ignored) == 0)
		for (i = 0; i < l.n && !found; i++)
			found = is(&l, i, name);
	lex_free(&l);
	return found;
}

bool
ddl_key_overlaps(const char *show_create, const char *name)
{
	return has(show_create, is_overlapping, name);
}

bool
ddl_has_fulltext(const char *show_create)
{
	return has(show_create, is_fulltext, NULL);
}

bool
ddl_has_period(const char *show_create)
{
	return has(show_create, is_period, NULL);
}

/* The items of the list in parentheses: [from, to) of the tokens; 0: no more.
 * Each but the last ends before a comma. */
static size_t
item_end(const struct lex *l, size_t from)
{
	size_t i, depth = 0;

	for (i = from; i < l->n; i++) {
		if (lex_punct(l, i, '('))
			depth++;
		else if (depth == 0 && (lex_punct(l, i, ',') ||
		    lex_punct(l, i, ')')))
			return i;
		else if (lex_punct(l, i, ')'))
			depth--;
	}
	return 0;
}

/* With the end of a version comment that is behind its last token. */
static size_t
text_end(const struct lex *l, size_t end)
{
	size_t at = l->token[end].at;

	while (at > 0 && strchr(" \t\r\n", l->text[at - 1]) != NULL)
		at--;
	return at;
}

static bool
is_plain_key(const struct lex *l, size_t i, struct ident *name)
{
	struct err ignored = { .kind = ERR_NONE };

	return lex_is(l, i, "KEY") && lex_named(l, i + 1) &&
	    lex_name(l, i + 1, name, &ignored) == 0;
}

struct ddl_key *
ddl_plain_keys(const char *show_create, size_t *n)
{
	static const struct lex_mode mode = { .mariadb = false };
	struct err ignored = { .kind = ERR_NONE };
	struct ddl_key *key = NULL;
	struct lex l = { 0 };
	struct ident name;
	size_t i, end;

	*n = 0;
	if (lex_scan(&l, show_create, &mode, &ignored) == 0)
		for (i = BODY; (end = item_end(&l, i)) > 0 &&
		    !lex_punct(&l, i - 1, ')'); i = end + 1) {
			if (!is_plain_key(&l, i, &name))
				continue;
			key = xrealloc(key, *n + 1, sizeof(*key));
			key[*n].name = name;
			key[*n].at = l.token[i].at;
			key[*n].len = text_end(&l, end) - l.token[i].at;
			++*n;
		}
	lex_free(&l);
	return key;
}

/* From which token on the item at i is wanted; 0: not at all. */
typedef size_t ddl_wanted(const struct lex *l, size_t i, const void *arg);

/* A line for each item, and the rest of the text. */
static void
add_items(struct str *q, const char *show_create, ddl_wanted *wanted,
    const void *arg)
{
	static const struct lex_mode mode = { .mariadb = false };
	struct err ignored = { .kind = ERR_NONE };
	struct lex l = { 0 };
	size_t i = BODY, end, at;

	if (lex_scan(&l, show_create, &mode, &ignored) == 0)
		for (; (end = item_end(&l, i)) > 0 &&
		    !lex_punct(&l, i - 1, ')'); i = end + 1) {
			at = wanted(&l, i, arg);
			if (at == 0)
				continue;
			at = l.token[at].at;
			str_add(q, show_create + at, text_end(&l, end) - at);
			str_addz(q, "\n");
		}
	if (i > BODY)
		str_addz(q, show_create + l.token[i - 1].at);
	lex_free(&l);
}

/* Which keys are left out. */
struct keys_out {
	bool (*is_out)(const void *arg, const char *name);
	const void *arg;
};

static size_t
unless_out(const struct lex *l, size_t i, const void *arg)
{
	const struct keys_out *o = arg;
	struct ident name;

	return is_plain_key(l, i, &name) && o->is_out(o->arg, name.raw) ? 0 :
	    i;
}

void
ddl_without_keys(struct str *q, const char *show_create,
    bool (*is_out)(const void *arg, const char *name), const void *arg)
{
	const struct keys_out o = { is_out, arg };

	add_items(q, show_create, unless_out, &o);
}

static size_t
as_in_like(const struct lex *l, size_t i, const void *arg)
{
	(void)arg;
	if (!lex_is(l, i, "CONSTRAINT") || !lex_named(l, i + 1))
		return i;
	return lex_is(l, i + 2, "FOREIGN") ? 0 : i + 2;
}

void
ddl_like(struct str *q, const char *show_create)
{
	add_items(q, show_create, as_in_like, NULL);
}

static const char *
after_item(bool any)
{
	return any ? ",\n  " : "\n  ";
}

/* Foreign keys come before the CHECKs. */
static void
add_fkeys(struct str *q, const struct ddl_final *how, bool *any, bool *done)
{
	size_t i;

	for (i = 0; i < how->n_fkeys && !*done; i++) {
		str_addf(q, "%s%s", after_item(*any), how->fkey[i]);
		*any = true;
	}
	*done = true;
}

struct check {
	struct ident name;
	size_t from, to;		/* of the text behind the name */
};

struct checks {
	struct check *check;
	size_t n;
};

static int
keep_check(struct checks *c, const struct lex *l, size_t i, size_t end,
    const struct ddl_final *how, struct err *e)
{
	struct ident was, to;

	if (lex_name(l, i + 1, &was, e) != 0)
		return -1;
	if (!how->rename_check(how->arg, was.raw, &to))
		to = was;
	c->check = xrealloc(c->check, c->n + 1, sizeof(*c->check));
	c->check[c->n++] = (struct check){ to, lex_end(l, i + 1),
	    text_end(l, end) };
	return 0;
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(((const struct check *)a)->name.raw,
	    ((const struct check *)b)->name.raw);
}

/* MySQL shows them in the order of their names. */
static void
add_checks(struct str *q, const char *text, struct checks *c, bool any)
{
	const struct check *k;
	size_t i;

	if (c->n > 0)
		qsort(c->check, c->n, sizeof(*c->check), by_name);
	for (i = 0; i < c->n; i++) {
		k = &c->check[i];
		str_addf(q, "%sCONSTRAINT %s", after_item(any || i > 0),
		    k->name.sql);
		str_add(q, text + k->from, k->to - k->from);
	}
	free(c->check);
}

static int
add_all(struct str *q, const struct lex *l, const struct ddl_final *how,
    struct err *e)
{
	bool any = false, done = false;
	struct checks checks = { NULL, 0 };
	size_t i, end = 0, from;
	int rc = 0;

	str_addf(q, "CREATE TABLE %s (", how->to->sql);
	for (i = BODY; rc == 0 && (end = item_end(l, i)) > 0 &&
	    !lex_punct(l, i - 1, ')'); i = end + 1) {
		if (lex_is(l, i, "CONSTRAINT") && lex_is(l, i + 2, "FOREIGN"))
			continue;
		if (lex_is(l, i, "CONSTRAINT"))
			add_fkeys(q, how, &any, &done);
		if (lex_is(l, i, "CONSTRAINT") && how->rename_check != NULL) {
			rc = keep_check(&checks, l, i, end, how, e);
			continue;
		}
		from = l->token[i].at;
		str_addz(q, after_item(any));
		str_add(q, l->text + from, text_end(l, end) - from);
		any = true;
	}
	add_fkeys(q, how, &any, &done);
	add_checks(q, l->text, &checks, any);
	str_addf(q, "\n%s", l->text + l->token[i - 1].at);
	return rc;
}

int
ddl_finally(struct str *out, const char *show_create,
    const struct ddl_final *how, struct err *e)
{
	static const struct lex_mode mode = { .mariadb = false };
	struct lex l = { 0 };
	int rc = lex_scan(&l, show_create, &mode, e);

	if (rc == 0 && (l.n <= BODY || !lex_punct(&l, BODY - 1, '(')))
		rc = err_set(e, ERR_SQL, "the server's CREATE TABLE is not "
		    "understood: %.80s", show_create);
	if (rc == 0)
		rc = add_all(out, &l, how, e);
	lex_free(&l);
	return rc;
}
