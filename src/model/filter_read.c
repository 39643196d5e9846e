#include "model/filter_read.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/util.h"
#include "model/filter_mode.h"
#include "model/filter_word.h"
#include "model/lex.h"
#include "model/type.h"

#define DEPTH	60		/* parentheses in parentheses */
#define SHOWN	40		/* bytes of the text, in a message */

/* What is to be added where a parenthesis ends. */
enum closing { PLAIN, FROM_HERE, TO_HERE };

struct reader {
	struct lex lex;
	const struct table *table;
	const struct server *server;
	const struct filter_moment *at;
	struct filter *out;
	struct str text;		/* of a part that is not ended yet */
	size_t i;			/* the token to read */
	bool operand;			/* a value is behind us */
	unsigned int depth;
	enum closing closing[DEPTH];
	struct err *e;
};

static int
refuse(struct reader *r, const char *why)
{
	const struct lex_token *t = &r->lex.token[r->i];

	return err_set(r->e, ERR_REFUSED, "%s: %.*s", why,
	    (int)(t->len < SHOWN ? t->len : SHOWN), r->lex.text + t->at);
}

/* --- the parts ------------------------------------------------------------*/

static struct filter_part *
add_part(struct reader *r, enum filter_kind kind)
{
	struct filter *f = r->out;

	f->part = xrealloc(f->part, f->n + 1, sizeof(*f->part));
	memset(&f->part[f->n], 0, sizeof(*f->part));
	f->part[f->n].kind = kind;
	return &f->part[f->n++];
}

static void
end_text(struct reader *r)
{
	if (r->text.len > 0)
		add_part(r, FILTER_TEXT)->text = str_take(&r->text);
}

/* For a session whose clock is UTC: where the server's zone stands is %. */
static void
add_utc(struct reader *r, const char *text)
{
	struct str s = STR_INIT;

	for (; *text != '\0'; text++)
		if (*text == '%')
			str_addf(&s, "'%s'", r->server->time_zone);
		else
			str_add(&s, text, 1);
	end_text(r);
	add_part(r, FILTER_UTC)->text = str_take(&s);
}

/* A token as it stands there. */
static void
add_token(struct reader *r, size_t i)
{
	const struct lex_token *t = &r->lex.token[i];
	const char *s = r->lex.text + t->at;
	size_t j;

	for (j = 0; j < t->len; j++) {
		/* Our sessions read it as an escape. */
		if (s[j] == '\\' && r->server->no_backslash_escapes)
			str_addz(&r->text, "\\");
		str_add(&r->text, s + j, 1);
	}
}

/* What was between two tokens, blanks or a comment, is a blank. */
static void
add_gap(struct reader *r)
{
	if (r->i > 0 &&
	    lex_end(&r->lex, r->i - 1) < r->lex.token[r->i].at)
		str_addz(&r->text, " ");
}

/* --- columns --------------------------------------------------------------*/

static bool
is_called(const struct reader *r, size_t i, const char *word)
{
	return lex_is(&r->lex, i, word) && lex_punct(&r->lex, i + 1, '(');
}

/* UNIX_TIMESTAMP(c) of a TIMESTAMP is the same by every clock. */
static bool
is_bare(const struct reader *r)
{
	return r->i >= 2 && is_called(r, r->i - 2, "unix_timestamp") &&
	    lex_punct(&r->lex, r->i + 1, ')');
}

static void
add_column(struct reader *r, const struct column *c, bool bare)
{
	struct filter_part *p;

	if (type_is(c, "time"))
		r->out->timed = true;
	else if (c->kind == KIND_TIME)
		r->out->dated = true;
	end_text(r);
	p = add_part(r, bare ? FILTER_BARE_COLUMN : FILTER_COLUMN);
	p->column = c;
	r->operand = true;
}

/* A qualifier before a column: is it the table's, or the schema's? */
static bool
is_qualifier(struct reader *r, size_t i, const struct ident *of)
{
	struct err ignored = { .kind = ERR_NONE };
	struct ident id;

	return lex_name(&r->lex, i, &id, &ignored) == 0 &&
	    strcasecmp(id.raw, of->raw) == 0;
}

/* t.c, s.t.c, .t.c is none. */
static int
skip_qualifiers(struct reader *r)
{
	const struct qname *name = &r->table->name;
	size_t n = 0;

	while (lex_punct(&r->lex, r->i + 2 * n + 1, '.') &&
	    lex_named(&r->lex, r->i + 2 * n + 2))
		n++;
	if (n > 2 || (n == 2 && !is_qualifier(r, r->i, &name->db)) ||
	    (n > 0 && !is_qualifier(r, r->i + 2 * n - 2, &name->table)))
		return refuse(r, "a column of another table");
	r->i += 2 * n;
	return (int)n;
}

static const struct column *
column_at(struct reader *r)
{
	struct err ignored = { .kind = ERR_NONE };
	struct ident id;

	return lex_name(&r->lex, r->i, &id, &ignored) != 0 ? NULL :
	    table_column(r->table, id.raw);
}

static int
no_column(struct reader *r)
{
	struct str why = STR_INIT;
	int rc;

	str_addf(&why, "there is no such column in %s, and it is no word that "
	    "a condition may have", r->table->name.sql);
	rc = refuse(r, why.s);
	str_free(&why);
	return rc;
}

/* A name, in quotes or with a qualifier. */
static int
read_name(struct reader *r)
{
	size_t before = r->i;
	bool bare = is_bare(r);
	const struct column *c;

	if (skip_qualifiers(r) < 0)
		return -1;
	if (lex_punct(&r->lex, r->i + 1, '('))
		return refuse(r, "a function that is not the server's own");
	c = column_at(r);
	if (c == NULL)
		return no_column(r);
	add_column(r, c, bare && r->i == before);
	return 0;
}

/* --- words ----------------------------------------------------------------*/

static const char *
reason(enum filter_word what)
{
	switch (what) {
	case WORD_QUERY:
		return "a subquery: what other rows have may be something else "
		    "in the next chunk, and when the tables are compared";
	case WORD_MANY:
		return "a function of many rows";
	case WORD_VOLATILE:
		return "it is something else each time it is asked for";
	case WORD_UNKNOWN:
	case WORD_RESERVED:
	case WORD_VALUE:
	case WORD_SOFT:
	case WORD_FUNCTION:
	case WORD_NOW:
		break;
	}
	return "not one of the server's own functions that have the same "
	    "result whenever they are asked for the same row";
}

/* NOW(3) and the like: how many digits, and how far it goes. */
static int
read_digits(struct reader *r, size_t *digits)
{
	const struct lex *l = &r->lex;

	*digits = 0;
	if (!lex_punct(l, r->i + 1, '('))
		return 0;
	if (lex_punct(l, r->i + 2, ')')) {
		r->i += 2;
		return 0;
	}
	if (!lex_digit(l, r->i + 2) || l->token[r->i + 2].len != 1 ||
	    l->text[l->token[r->i + 2].at] > '6' ||
	    !lex_punct(l, r->i + 3, ')'))
		return refuse(r, "its argument is a number of digits, 0 to 6");
	*digits = (size_t)(l->text[l->token[r->i + 2].at] - '0');
	r->i += 3;
	return 0;
}

static int
read_now(struct reader *r)
{
	const struct lex_token *t = &r->lex.token[r->i];
	enum filter_now now = filter_word_now(r->lex.text + t->at, t->len);
	bool utc = now >= NOW_UTC_BOTH;
	const char *when = utc ? r->at->utc : r->at->here;
	size_t digits;

	r->out->moves = true;
	if (now == NOW_TIME || now == NOW_UTC_TIME)
		r->out->timed = true;
	else if (now != NOW_NUMBER)
		r->out->dated = true;
	if (read_digits(r, &digits) != 0)
		return -1;
	if (now == NOW_NUMBER)
		str_addz(&r->text, r->at->unix_time);
	else if (now == NOW_DATE || now == NOW_UTC_DATE)
		str_addf(&r->text, "DATE'%.10s'", when);
	else if (now == NOW_TIME || now == NOW_UTC_TIME)
		str_addf(&r->text, "TIME'%.*s'",
		    (int)(digits > 0 ? 9 + digits : 8), when + 11);
	else
		str_addf(&r->text, "TIMESTAMP'%.*s'",
		    (int)(digits > 0 ? 20 + digits : 19), when);
	r->operand = true;
	return 0;
}

static int
open_paren(struct reader *r, enum closing closing)
{
	if (r->depth == DEPTH)
		return refuse(r, "too many parentheses");
	r->closing[r->depth++] = closing;
	str_addz(&r->text, "(");
	r->operand = false;
	return 0;
}

/* Has the call that begins here a second argument? */
static bool
has_two(const struct reader *r)
{
	size_t i, depth = 0;

	for (i = r->i + 1; i < r->lex.n; i++) {
		if (lex_punct(&r->lex, i, '('))
			depth++;
		else if (lex_punct(&r->lex, i, ')') && --depth == 0)
			return false;
		else if (lex_punct(&r->lex, i, ',') && depth == 1)
			return true;
	}
	return false;
}

/* Is a TIMESTAMP all that is in the parentheses that begin here? */
static bool
is_moment(struct reader *r)
{
	const struct column *c = NULL;

	if (lex_named(&r->lex, r->i + 1) && lex_punct(&r->lex, r->i + 2, ')')) {
		r->i++;
		c = column_at(r);
		r->i--;
	}
	return c != NULL && type_is_moment(c);
}

/* By the server's clock, whatever the session's is. */
static int
read_zoned(struct reader *r, bool to_unix)
{
	bool two = !to_unix && has_two(r);

	if (!to_unix)
		add_utc(r, two ? "DATE_FORMAT(CONVERT_TZ(" : "CONVERT_TZ(");
	add_token(r, r->i++);
	if (open_paren(r, !to_unix ? TO_HERE : is_moment(r) ? PLAIN :
	    FROM_HERE) != 0)
		return -1;
	if (r->closing[r->depth - 1] == FROM_HERE)
		add_utc(r, "CONVERT_TZ(");
	return 0;
}

static int
read_function(struct reader *r, enum filter_word what)
{
	bool to_unix = is_called(r, r->i, "unix_timestamp");

	if (to_unix && lex_punct(&r->lex, r->i + 2, ')'))
		return read_now(r);
	if (to_unix || is_called(r, r->i, "from_unixtime"))
		return read_zoned(r, to_unix);
	if (what == WORD_NOW)
		return read_now(r);
	if (what != WORD_FUNCTION && what != WORD_RESERVED)
		return refuse(r, reason(what));
	add_token(r, r->i);
	if (what == WORD_FUNCTION) {
		r->i++;
		return open_paren(r, PLAIN);
	}
	r->operand = false;
	return 0;
}

/* _utf8mb4'a', X'41', DATE'2026-01-01' */
static bool
is_introducer(const struct reader *r)
{
	const struct lex_token *t = &r->lex.token[r->i];

	if (r->i + 1 >= r->lex.n || t[1].kind != LEX_STRING)
		return false;
	return r->lex.text[t->at] == '_' || lex_is(&r->lex, r->i, "x") ||
	    lex_is(&r->lex, r->i, "b") || lex_is(&r->lex, r->i, "n") ||
	    lex_is(&r->lex, r->i, "date") || lex_is(&r->lex, r->i, "time") ||
	    lex_is(&r->lex, r->i, "timestamp");
}

/* A type, a collation, a unit: here stands no column. */
static bool
is_no_place(const struct reader *r)
{
	size_t i = r->i;

	return i > 0 && (r->operand || lex_is(&r->lex, i - 1, "as") ||
	    lex_is(&r->lex, i - 1, "collate") ||
	    lex_is(&r->lex, i - 1, "using") ||
	    lex_is(&r->lex, i - 1, "set") ||
	    (lex_punct(&r->lex, i - 1, '(') && i > 1 &&
	    (lex_is(&r->lex, i - 2, "extract") ||
	    lex_is(&r->lex, i - 2, "timestampdiff") ||
	    lex_is(&r->lex, i - 2, "timestampadd"))));
}

/* The names of collations and character sets are words, too. */
static bool
is_charset(const struct reader *r)
{
	return r->i > 0 && (lex_is(&r->lex, r->i - 1, "collate") ||
	    lex_is(&r->lex, r->i - 1, "using") ||
	    lex_is(&r->lex, r->i - 1, "set"));
}

static int
read_word_alone(struct reader *r)
{
	const struct lex_token *t = &r->lex.token[r->i];
	enum filter_word what = filter_word_alone(r->lex.text + t->at, t->len);
	const struct column *c = column_at(r);
	bool known = what == WORD_VALUE || what == WORD_RESERVED ||
	    what == WORD_SOFT;

	if (is_introducer(r) || is_charset(r))
		known = true;
	else if (what == WORD_NOW)
		return read_now(r);
	else if (c != NULL && what != WORD_VALUE && what != WORD_RESERVED &&
	    !is_no_place(r)) {
		add_column(r, c, is_bare(r));
		return 0;
	}
	if (!known)
		return what == WORD_UNKNOWN ? no_column(r) :
		    refuse(r, reason(what));
	add_token(r, r->i);
	r->operand = what == WORD_VALUE || what == WORD_SOFT || is_charset(r);
	return 0;
}

static int
read_word(struct reader *r)
{
	const struct lex_token *t = &r->lex.token[r->i];

	if (lex_punct(&r->lex, r->i + 1, '.') && lex_named(&r->lex, r->i + 2))
		return read_name(r);
	if (filter_word_is_number(r->lex.text + t->at, t->len)) {
		add_token(r, r->i);
		r->operand = true;
		return 0;
	}
	return lex_punct(&r->lex, r->i + 1, '(') ?
	    read_function(r, filter_word_called(r->lex.text + t->at, t->len)) :
	    read_word_alone(r);
}

/* --- the rest -------------------------------------------------------------*/

static int
read_punct(struct reader *r)
{
	char c = r->lex.text[r->lex.token[r->i].at];
	enum closing closing = PLAIN;

	if (strchr("(),.+-*/%=<>!&|^~", c) == NULL)
		return refuse(r, c == '@' ? "a variable, whose value may "
		    "change" : "it is no part of a condition");
	if (c == '(')
		return open_paren(r, PLAIN);
	if (c == ')') {
		if (r->depth == 0)
			return refuse(r, "a parenthesis is closed that was not "
			    "opened");
		closing = r->closing[--r->depth];
	}
	if (closing == FROM_HERE)
		add_utc(r, ", %, '+00:00')");
	/* The second argument is DATE_FORMAT()'s. */
	if (c == ',' && r->depth > 0 &&
	    r->closing[r->depth - 1] == TO_HERE) {
		add_utc(r, "), '+00:00', %)");
		r->closing[r->depth - 1] = PLAIN;
	}
	str_add(&r->text, &c, 1);
	if (closing == TO_HERE)
		add_utc(r, ", '+00:00', %)");
	r->operand = c == ')';
	return 0;
}

static int
read_token(struct reader *r)
{
	const struct lex_token *t = &r->lex.token[r->i];

	if (t->maybe)
		return refuse(r, "in a comment that only some servers execute");
	add_gap(r);
	switch (t->kind) {
	case LEX_WORD:
		return read_word(r);
	case LEX_NAME:
		return read_name(r);
	case LEX_PUNCT:
		return read_punct(r);
	case LEX_STRING:
		if (filter_word_has_offset(r->lex.text + t->at, t->len))
			return refuse(r, "a time with an offset; write it by "
			    "the server's clock");
		break;
	case LEX_NUMBER:
		break;
	}
	add_token(r, r->i);
	r->operand = true;
	return 0;
}

/* DATE'2026-01-01', FROM_UNIXTIME() and the like. */
static bool
has_dates(const struct reader *r)
{
	static const char *const word[] = { "date", "datetime", "timestamp",
	    "from_unixtime", "from_days", "makedate", "str_to_date" };
	size_t i, j;

	for (i = 0; i < r->lex.n; i++)
		for (j = 0; j < sizeof(word) / sizeof(word[0]); j++)
			if (lex_is(&r->lex, i, word[j]) &&
			    table_column(r->table, word[j]) == NULL)
				return true;
	return false;
}

static int
read_all(struct reader *r)
{
	if (filter_mode_check(&r->lex, r->server, r->e) != 0)
		return -1;
	if (r->lex.n == 0)
		return err_set(r->e, ERR_REFUSED, "there is no condition in "
		    "it");
	for (; r->i < r->lex.n; r->i++)
		if (read_token(r) != 0)
			return -1;
	end_text(r);
	if (r->depth > 0)
		return err_set(r->e, ERR_REFUSED, "a parenthesis is not "
		    "closed");
	if (has_dates(r))
		r->out->dated = true;
	return !r->out->timed || !r->out->dated ? 0 : err_set(r->e,
	    ERR_REFUSED, "it has a time of day and a date: to compare the two, "
	    "the server takes the current date, which may be another before "
	    "the end");
}

int
filter_read(struct filter *f, const char *text, const struct table *t,
    const struct server *s, const struct filter_moment *at, struct err *e)
{
	const struct lex_mode mode = {
		.ansi_quotes = s->ansi_quotes,
		.no_backslash_escapes = s->no_backslash_escapes,
		.mariadb = s->mariadb,
	};
	struct reader r = { .table = t, .server = s, .at = at, .out = f,
	    .e = e };
	int rc;

	memset(f, 0, sizeof(*f));
	rc = lex_scan(&r.lex, text, &mode, e);
	if (rc == 0)
		rc = read_all(&r);
	lex_free(&r.lex);
	str_free(&r.text);
	e->kind = rc != 0 ? ERR_REFUSED : e->kind;
	return rc != 0 ? err_while(e, "--where") : 0;
}
