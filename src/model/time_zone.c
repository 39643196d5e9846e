#include "model/time_zone.h"

#include <string.h>
#include <strings.h>

#include "base/util.h"
#include "model/convert.h"
#include "model/pair.h"
#include "model/type.h"

static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || c == '_' || c == '$' || (c & 0x80) != 0;
}

/* Does the word, in any case, stand in the text, and not in a longer one? */
static bool
mentions(const char *text, const char *word)
{
	size_t len = strlen(word);
	char before = ' ';

	for (; *text != '\0'; before = *text++)
		if (strncasecmp(text, word, len) == 0 && !is_letter(before) &&
		    !is_letter(text[len]))
			return true;
	return false;
}

static bool
mentions_moment(const struct table *t, const char *expression)
{
	size_t i;

	for (i = 0; i < t->n_columns; i++)
		if (type_is_moment(&t->column[i]) &&
		    mentions(expression, t->column[i].name.raw))
			return true;
	return false;
}

static bool
mentions_now(const char *expression)
{
	static const char *const now[] = { "current_timestamp",
	    "current_date", "current_time", "curdate", "curtime", "now",
	    "sysdate", "localtime", "localtimestamp", "from_unixtime" };
	size_t i;

	for (i = 0; i < sizeof(now) / sizeof(now[0]); i++)
		if (mentions(expression, now[i]))
			return true;
	return false;
}

/* Functions that go by the session's zone, and are allowed in expressions; a
 * zone may be 'SYSTEM'. */
static bool
mentions_zone(const char *expression)
{
	return mentions(expression, "from_unixtime") ||
	    mentions(expression, "unix_timestamp") ||
	    mentions(expression, "system");
}

/* Does the new table compute a value that depends on the clock? */
static bool
computes(const struct plan *p)
{
	const struct column *c;
	size_t i;

	for (i = 0; i < p->new->n_columns; i++) {
		c = &p->new->column[i];
		if (c->expression != NULL && (type_is_moment(c) ||
		    mentions_moment(p->new, c->expression) ||
		    mentions_zone(c->expression)))
			return true;
		if (pair_to(p, c) == NULL && !type_is_moment(c) &&
		    c->fallback != NULL && mentions_now(c->fallback))
			return true;
	}
	return false;
}

static bool
key_has_moment(const struct plan *p)
{
	size_t i;

	for (i = 0; i < p->walk->n; i++)
		if (type_is_moment(&p->old->column[p->walk->part[i].column]))
			return true;
	for (i = 0; i < p->n_id; i++)
		if (type_is_moment(p->id[i]->from) ||
		    type_is_moment(p->id[i]->to))
			return true;
	return false;
}

static int
refuse(const struct plan *p, struct err *e)
{
	err_set(e, ERR_REFUSED, "the key %s, by which the table is walked, "
	    "has a TIMESTAMP, and the new table computes values that depend "
	    "on the time zone", p->walk->name.sql);
	return err_hint(e, "name another unique key with --chunk-index");
}

/*
 * A pair of the revert that is compared as the ALTER converted it: not when
 * that was by another clock.
 */
static void
forget_other_clock(struct plan *p)
{
	bool utc = (p->session & SESSION_UTC) != 0;
	const struct pair *forth;
	size_t i;

	for (i = 0; i < p->n_pairs; i++) {
		forth = p->pair[i].forth;
		if (forth != NULL && forth->shifts != utc &&
		    type_is_moment(forth->from) != type_is_moment(forth->to))
			p->pair[i].compared = false;
	}
}

static void
shift_pairs(struct plan *p)
{
	struct pair *pr;
	size_t i;

	for (i = 0; i < p->n_pairs; i++) {
		pr = &p->pair[i];
		pr->shifts = pr->from != NULL &&
		    type_is_moment(pr->from) != type_is_moment(pr->to);
	}
}

int
time_zone_choose(struct plan *p, struct err *e)
{
	bool any = false;
	size_t i;

	for (i = 0; i < p->n_pairs; i++)
		any = any || type_is_moment(p->pair[i].to) ||
		    (p->pair[i].from != NULL &&
		    type_is_moment(p->pair[i].from));
	if (!any)
		return 0;
	p->zone = p->server->time_zone;
	if (!computes(p)) {
		p->zone = "+00:00";
		p->session |= SESSION_UTC;
		shift_pairs(p);
	} else if (key_has_moment(p)) {
		return refuse(p, e);
	}
	forget_other_clock(p);
	return 0;
}

/*
 * From the server's clock to UTC.  CONVERT_TZ() moves a time that does not
 * exist, when summer time begins, without a word; ALTER TABLE refuses it.  So
 * what does not come back as it was, or is no time, becomes a text that no
 * TIMESTAMP takes.
 */
static void
add_moment(struct str *q, const char *ref, const char *here)
{
	str_addf(q, "IF(CONVERT_TZ(CONVERT_TZ(%s, '%s', '+00:00'), '+00:00', "
	    "'%s') = CAST(%s AS DATETIME(6)), "
	    "CONVERT_TZ(%s, '%s', '+00:00'), CONCAT('no such time: ', %s))",
	    ref, here, here, ref, ref, here, ref);
}

/* IF() of two times is a text for MySQL, of which a number is made in another
 * way. */
static bool
becomes_number(const struct pair *pr)
{
	return !pr->from->mariadb && type_is_moment(pr->from) &&
	    (pr->to->kind == KIND_NUMBER || pr->to->kind == KIND_FLOAT ||
	    pr->to->kind == KIND_BIT);
}

/* What is no moment, 0000-00-00, is so by every clock. */
static void
add_shifted(struct str *q, const struct pair *pr, const char *ref,
    bool number, const char *here)
{
	if (number)
		str_addf(q, "IF(%s = 0, '0000-00-00 00:00:00', ", ref);
	else if (becomes_number(pr))
		str_addf(q, "IF(%s LIKE '0000-00-00%%', 0, ", ref);
	else
		str_addf(q, pr->from->kind == KIND_TIME ?
		    "IF(%s LIKE '0000-00-00%%', %s, " :
		    "IF(CAST(%s AS DATETIME(6)) LIKE '0000-00-00%%', %s, ",
		    ref, ref);
	if (type_is_moment(pr->from))
		str_addf(q, "CONVERT_TZ(%s, '+00:00', '%s')%s", ref, here,
		    becomes_number(pr) ? " + 0" : "");
	else
		add_moment(q, ref, here);
	str_addz(q, ")");
}

void
time_zone_source(struct str *q, const struct plan *p, const struct pair *pr,
    const char *row)
{
	struct str ref = STR_INIT, value = STR_INIT;
	bool number;

	pair_ref(&ref, row, pr->from);
	if (!pr->shifts) {
		str_addz(q, ref.s);
	} else if (type_is_moment(pr->from)) {
		add_shifted(q, pr, ref.s, false, p->server->time_zone);
	} else {
		convert_value(&value, pr->from, pr->to, ref.s);
		number = pr->from->kind == KIND_BIT ||
		    (pr->from->kind == KIND_NUMBER &&
		    strcmp(value.s, ref.s) == 0);
		if (pr->from->kind == KIND_BIT)
			str_addz(&value, " + 0");
		add_shifted(q, pr, value.s, number, p->server->time_zone);
	}
	str_free(&ref);
	str_free(&value);
}

/* CONVERT_TZ() makes NULL of 0000-00-00, which is so by every clock. */
void
time_zone_here(struct str *q, const struct plan *p, const struct column *c,
    const char *row)
{
	struct str ref = STR_INIT;

	pair_ref(&ref, row, c);
	if (type_is_moment(c) && (p->session & SESSION_UTC) != 0)
		str_addf(q, "COALESCE(CONVERT_TZ(%s, '+00:00', '%s'), %s)",
		    ref.s, p->server->time_zone, ref.s);
	else
		str_addz(q, ref.s);
	str_free(&ref);
}
