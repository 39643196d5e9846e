#include "model/computed.h"

#include <string.h>
#include <strings.h>

#include "base/str.h"
#include "base/util.h"
#include "model/convert.h"
#include "model/lex.h"
#include "model/pair.h"
#include "model/type.h"

/* Both sides of the question, and one expression of each. */
struct both {
	const struct plan *plan;
	const struct column *const *source;
	struct lex old, new;
};

/*
 * MySQL shows the expression as a string literal's inside: \' for each quote
 * (information_schema.COLUMNS, 8.0 and 9.7).
 */
static void
add_expression(struct str *q, const struct column *c)
{
	static const char from[] = "nrtZ0", to[] = "\n\r\t\032 ";
	const char *s, *special;

	if (c->mariadb) {
		str_addz(q, c->expression);
		return;
	}
	for (s = c->expression; *s != '\0'; s++) {
		if (*s == '\\' && s[1] != '\0') {
			s++;
			special = strchr(from, *s);
			str_add(q, special != NULL ? to + (special - from) : s,
			    1);
		} else {
			str_add(q, s, 1);
		}
	}
}

static bool
is_token(const struct lex *l, size_t i, const char *const *list)
{
	for (; *list != NULL; list++)
		if (lex_is(l, i, *list))
			return true;
	return false;
}

static bool
is_ascii(const struct lex *l, size_t i)
{
	const char *s = l->text + l->token[i].at;
	size_t n;

	for (n = 0; n < l->token[i].len; n++)
		if ((s[n] & 0x80) != 0)
			return false;
	return true;
}

/*
 * Is it what MySQL puts before a text that is the same in all of these?  It is
 * the character set of whoever wrote the expression.
 */
static bool
is_introducer(const struct lex *l, size_t i)
{
	static const char *const sets[] = { "_utf8mb4", "_utf8mb3", "_utf8",
	    "_latin1", "_ascii", NULL };

	return i + 1 < l->n && l->token[i + 1].kind == LEX_STRING &&
	    is_token(l, i, sets) && is_ascii(l, i + 1);
}

/*
 * Functions that look at the characters of a text, and not at what is equal by
 * its collation; and the words between their arguments.
 */
static bool
is_blind(const struct lex *l, size_t i)
{
	static const char *const blind[] = { "concat", "concat_ws", "left",
	    "right", "substr", "substring", "lower", "lcase", "upper", "ucase",
	    "trim", "ltrim", "rtrim", "both", "leading", "trailing", "from",
	    "reverse", "lpad", "rpad", "repeat", "hex", "unhex", "md5", "sha",
	    "sha1", "sha2", "crc32", "length", "octet_length", "char_length",
	    "character_length", "coalesce", "ifnull", "json_unquote",
	    "json_extract", "json_value", "returning", "cast", "convert",
	    "as", "using", "char", "charset", "binary", "signed", "unsigned",
	    "date", "datetime", "time", "decimal", "json", "null",
	    "uuid_to_bin", NULL };

	if (l->token[i].kind == LEX_PUNCT)
		return strchr("=<>!&|", l->text[l->token[i].at]) == NULL;
	return l->token[i].kind != LEX_WORD || is_introducer(l, i) ||
	    is_token(l, i, blind);
}

static bool
reads_collation(const struct lex *l)
{
	size_t i;

	for (i = 0; i < l->n; i++)
		if (!is_blind(l, i))
			return true;
	return false;
}

static bool
reads_default(const struct lex *l)
{
	size_t i;

	for (i = 0; i < l->n; i++)
		if (lex_is(l, i, "default"))
			return true;
	return false;
}

/* Bytes that are the same text in both: utf8mb3 is a part of utf8mb4. */
static bool
same_bytes(const struct column *from, const struct column *to)
{
	return same_text(from->charset, to->charset) ||
	    (from->charset != NULL && to->charset != NULL &&
	    strncmp(from->charset, "utf8", 4) == 0 &&
	    strncmp(to->charset, "utf8", 4) == 0);
}

/* Types of which a value that fits into both is the same in both. */
static bool
same_value(const struct column *from, const struct column *to)
{
	bool fills = strstr(from->type, "zerofill") != NULL ||
	    strstr(to->type, "zerofill") != NULL;

	if (strcmp(from->type, to->type) == 0)
		return true;
	if (type_is_integer(from) && type_is_integer(to))
		return !fills;
	if (!type_is(from, to->data_type) || fills)
		return false;
	if (type_is(from, "decimal"))
		return convert_distinct(from, to) && convert_distinct(to, from);
	return type_is(from, "varchar") || type_is(from, "char") ||
	    type_is(from, "varbinary") || (from->kind == KIND_ENUM &&
	    strncmp(from->type, to->type, strlen(from->type) - 1) == 0);
}

/* The old column that the new one continues. */
static const struct column *
source_of(const struct both *b, const struct column *to)
{
	return b->source[to - b->plan->new->column];
}

/* Does the expression read the same in both columns? */
static bool
reads_same(const struct both *b, const struct column *from,
    const struct column *to)
{
	const struct pair *pr;

	if (reads_default(&b->new) && !same_text(from->fallback, to->fallback))
		return false;
	if (!same_value(from, to) || !same_bytes(from, to))
		return false;
	if (!same_text(from->collation, to->collation) &&
	    reads_collation(&b->new))
		return false;
	if (from->generated && to->generated)
		return computed_alike(b->plan, b->source, from, to);
	pr = pair_to(b->plan, to);
	return pr != NULL && pr->from == from && !pr->adapts_null &&
	    !pr->may_change && pr->forth == NULL;
}

/* A name in quotes is a column's; of two that are not, the same is asked. */
static int
same_name(const struct both *b, size_t i, size_t j)
{
	const struct column *from, *to;
	struct err ignored = { .kind = ERR_NONE };
	struct ident old, new;

	if (lex_name(&b->old, i, &old, &ignored) != 0 ||
	    lex_name(&b->new, j, &new, &ignored) != 0)
		return false;
	from = table_column(b->plan->old, old.raw);
	to = table_column(b->plan->new, new.raw);
	if (from == NULL && to == NULL)
		return strcmp(old.raw, new.raw) == 0;
	return from != NULL && to != NULL && source_of(b, to) == from &&
	    reads_same(b, from, to);
}

static bool
same_token(const struct both *b, size_t i, size_t j)
{
	const struct lex_token *x = &b->old.token[i], *y = &b->new.token[j];

	if (x->kind != y->kind)
		return false;
	if (x->kind == LEX_NAME)
		return same_name(b, i, j);
	return x->len == y->len && memcmp(b->old.text + x->at,
	    b->new.text + y->at, x->len) == 0;
}

static bool
same_tokens(const struct both *b)
{
	size_t i = 0, j = 0;

	for (;;) {
		i += is_introducer(&b->old, i);
		j += is_introducer(&b->new, j);
		if (i >= b->old.n || j >= b->new.n)
			return i >= b->old.n && j >= b->new.n;
		if (!same_token(b, i++, j++))
			return false;
	}
}

static bool
same_expression(const struct plan *p, const struct column *const *source,
    const struct column *from, const struct column *to)
{
	struct both b = { .plan = p, .source = source };
	const struct lex_mode mode = { .mariadb = from->mariadb };
	struct err ignored = { .kind = ERR_NONE };
	struct str old = STR_INIT, new = STR_INIT;
	bool yes;

	add_expression(&old, from);
	add_expression(&new, to);
	yes = lex_scan(&b.old, old.s, &mode, &ignored) == 0 &&
	    lex_scan(&b.new, new.s, &mode, &ignored) == 0 &&
	    same_tokens(&b);
	lex_free(&b.old);
	lex_free(&b.new);
	str_free(&old);
	str_free(&new);
	return yes;
}

bool
computed_alike(const struct plan *p, const struct column *const *source,
    const struct column *from, const struct column *to)
{
	return from->generated && to->generated && !type_is_moment(from) &&
	    !type_is_moment(to) && same_value(from, to) &&
	    same_expression(p, source, from, to);
}
