#include "model/misfit.h"

#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "model/structure.h"
#include "model/type.h"

/* What is asked of a column's value. */
struct question {
	bool null;			/* NULL does not fit */
	bool any;			/* no other condition says enough */
	struct str value;		/* or this one; "": all fit */
};

static const struct {
	const char *type;
	const char *low, *high, *high_unsigned;
} integers[] = {
	{ "tinyint", "-128", "127", "255" },
	{ "smallint", "-32768", "32767", "65535" },
	{ "mediumint", "-8388608", "8388607", "16777215" },
	{ "int", "-2147483648", "2147483647", "4294967295" },
	{ "bigint", "-9223372036854775808", "9223372036854775807",
	    "18446744073709551615" },
};

/* The size of an integer, from 0. */
static size_t
size_of(const struct column *c)
{
	size_t i;

	for (i = 0; i + 1 < sizeof(integers) / sizeof(integers[0]); i++)
		if (type_is(c, integers[i].type))
			break;
	return i;
}

static bool
is_unsigned(const struct column *c)
{
	return strstr(c->type, "unsigned") != NULL;
}

static void
ask_integer(struct question *a, const struct column *from,
    const struct column *to, const char *ref)
{
	size_t was = size_of(from), is = size_of(to);
	bool u = is_unsigned(to);

	if (u == is_unsigned(from) ? is >= was : !u && is > was)
		return;
	str_addf(&a->value, "%s < %s OR %s > %s", ref, u ? "0" :
	    integers[is].low, ref, u ? integers[is].high_unsigned :
	    integers[is].high);
}

/* How many it holds: characters if it says so in its type, else bytes. */
static unsigned long
room(const struct column *c, bool *bytes)
{
	const char *at = strchr(c->type, '(');

	*bytes = at == NULL;
	if (at != NULL)
		return strtoul(at + 1, NULL, 10);
	return type_is(c, "tinytext") ? 255 : type_is(c, "text") ? 65535 :
	    type_is(c, "mediumtext") ? 16777215 : 4294967295;
}

static void
ask_text(struct question *a, const struct column *from,
    const struct column *to, const char *ref)
{
	bool had_bytes, bytes;
	unsigned long had = room(from, &had_bytes), has = room(to, &bytes);

	if (!same_text(from->charset, to->charset))
		a->any = true;
	else if (bytes != had_bytes || has < had)
		str_addf(&a->value, "%s(%s) > %lu", bytes ? "OCTET_LENGTH" :
		    "CHAR_LENGTH", ref, has);
}

/* An ENUM or SET with more members behind those that it had. */
static bool
has_more_members(const struct column *from, const struct column *to)
{
	return type_is(to, from->data_type) &&
	    same_text(from->charset, to->charset) &&
	    strncmp(from->type, to->type, strlen(from->type) - 1) == 0;
}

static unsigned long
fraction(const struct column *c)
{
	const char *at = strchr(c->type, '(');

	return at != NULL ? strtoul(at + 1, NULL, 10) : 0;
}

/* Dates and times of the same type, with no fewer digits. */
static bool
is_same_clock(const struct column *from, const struct column *to)
{
	return type_is(to, from->data_type) && fraction(from) <= fraction(to);
}

static void
ask(struct question *a, const struct pair *pr, const char *ref)
{
	const struct column *from = pr->from, *to = pr->to;

	if (from == NULL || pr->same)
		return;
	a->null = from->nullable && !to->nullable && !pr->adapts_null;
	if (pr->judged != 0 || pr->shifts)
		a->any = true;
	else if (strcmp(from->type, to->type) == 0 &&
	    same_text(from->charset, to->charset))
		return;
	else if (type_is_integer(from) && type_is_integer(to))
		ask_integer(a, from, to, ref);
	else if (from->kind == KIND_TEXT && to->kind == KIND_TEXT)
		ask_text(a, from, to, ref);
	else
		a->any = !(from->kind == KIND_ENUM &&
		    has_more_members(from, to)) &&
		    !(from->kind == KIND_TIME && is_same_clock(from, to));
}

/*
 * Does the new table judge rows by something that the old one has not?  A
 * generated column may be one that no value can be computed for.
 */
static bool
is_new_judge(const struct structure_item *it)
{
	return it->kind == STRUCTURE_CHECK ||
	    (it->kind == STRUCTURE_COLUMN &&
	    (strstr(it->text, "CHECK") != NULL ||
	    strstr(it->text, "GENERATED ALWAYS") != NULL));
}

static bool
has(const struct structure *s, const struct structure_item *it)
{
	size_t i;

	for (i = 0; i < s->n; i++)
		if (s->item[i].kind == it->kind &&
		    strcmp(s->item[i].text, it->text) == 0)
			return true;
	return false;
}

/* Whatever the values of single columns are. */
static bool
judges_rows(const struct plan *p)
{
	struct structure was = STRUCTURE_INIT, is = STRUCTURE_INIT;
	struct err ignored = { .kind = ERR_NONE };
	bool yes;
	size_t i;

	yes = structure_read(&was, p->old, &ignored) != 0 ||
	    structure_read(&is, p->new, &ignored) != 0;
	if (!yes && structure_has_partitions(&is))
		yes = strcmp(was.rest, is.rest) != 0;
	for (i = 0; i < is.n && !yes; i++)
		yes = is_new_judge(&is.item[i]) && !has(&was, &is.item[i]);
	structure_free(&was);
	structure_free(&is);
	return yes;
}

static void
add_or(struct str *q, const char *condition)
{
	if (condition[0] != '\0')
		str_addf(q, "%s%s", q->len > 0 ? " OR " : "", condition);
}

/* True: every row.  Else the condition, if there is any. */
static bool
find(struct str *q, const struct plan *p, const char *dot)
{
	bool any = judges_rows(p);
	size_t i;

	for (i = 0; i < p->n_pairs && !any; i++) {
		struct question a = { false, false, STR_INIT };
		struct str ref = STR_INIT, null = STR_INIT;

		if (p->pair[i].from != NULL)
			str_addf(&ref, "%s%s", dot,
			    p->pair[i].from->name.sql);
		ask(&a, &p->pair[i], ref.s);
		if (a.null)
			str_addf(&null, "%s IS NULL", ref.s);
		add_or(q, null.s);
		add_or(q, a.value.s);
		any = a.any;
		str_free(&ref);
		str_free(&null);
		str_free(&a.value);
	}
	return any;
}

const char *
misfit_untried(const struct plan *p)
{
	if (p->old->undoes_nothing)
		return "to read the table locks it";
	if (p->server->binlog_statement)
		return "with binlog_format=STATEMENT, rows that are read for a "
		    "copy are locked";
	return NULL;
}

bool
misfit_possible(const struct plan *p)
{
	struct str q = STR_INIT;
	bool any = find(&q, p, "") || q.len > 0;

	str_free(&q);
	return any;
}

void
misfit_condition(struct str *q, const struct plan *p, const char *dot)
{
	struct str some = STR_INIT;

	if (find(&some, p, dot) || some.len == 0)
		str_addz(q, "(1)");
	else
		str_addf(q, "(%s)", some.s);
	str_free(&some);
}
