#include "model/zerodate.h"

#include <string.h>

#include "model/convert.h"
#include "model/pair.h"
#include "model/type.h"
#include "server/server.h"
#include "server/session.h"

static const unsigned int both = SESSION_NO_ZERO_DATE | SESSION_NO_ZERO_IN_DATE;

/* Only in strict mode is a zero date an error. */
static unsigned int
users_mode(const char *mode)
{
	unsigned int how = 0;

	if (mode == NULL || strstr(mode, "STRICT_") == NULL)
		return 0;
	if (server_has_mode(mode, "NO_ZERO_DATE"))
		how |= SESSION_NO_ZERO_DATE;
	if (server_has_mode(mode, "NO_ZERO_IN_DATE"))
		how |= SESSION_NO_ZERO_IN_DATE;
	return how;
}

/* Is it a type that has days? */
static bool
has_days(const struct column *c)
{
	return c->kind == KIND_TIME && !type_is(c, "time");
}

/* Is a date made of something that is none yet, or is another? */
static bool
makes_date(const struct pair *pr)
{
	return pr->from != NULL && convert_dates(pr->from, pr->to);
}

/*
 * Dates of dates are judged one by one, too: under these modes the servers read
 * a zero date now as such, now as NULL.
 */
static bool
reads_date(const struct pair *pr)
{
	return pr->from != NULL && has_days(pr->from);
}

static bool
some_pair(const struct plan *p, bool (*is)(const struct pair *))
{
	size_t i;

	for (i = 0; i < p->n_pairs; i++)
		if (is(&p->pair[i]))
			return true;
	return false;
}

void
zerodate_choose(struct plan *p)
{
	unsigned int mode = users_mode(p->server->sql_mode);
	struct pair *pr;
	size_t i;

	if (!some_pair(p, makes_date))
		return;
	p->session &= ~(unsigned int)SESSION_INVALID_DATES;
	if (!some_pair(p, reads_date)) {
		p->session |= mode;
		return;
	}
	for (i = 0; i < p->n_pairs; i++) {
		pr = &p->pair[i];
		if (makes_date(pr) && has_days(pr->to) && !pr->may_change &&
		    !type_is(pr->from, "time"))
			pr->judged = mode;
	}
}

/* A NULL is not judged. */
static void
add_zero(struct str *q, unsigned int judged, const char *value)
{
	if (judged != SESSION_NO_ZERO_DATE)
		str_addf(q, "CAST(%s AS DATETIME(6)) LIKE '%%-00%%'", value);
	if (judged == SESSION_NO_ZERO_IN_DATE)
		str_addz(q, " AND ");
	if (judged != both)
		str_addf(q, "CAST(%s AS DATETIME(6)) + 0 %s 0", value,
		    judged == SESSION_NO_ZERO_DATE ? "=" : "<>");
}

/* IF() must have the type that the value has by itself. */
static void
add_refusal(struct str *q, const struct column *from, const char *ref,
    const char *value)
{
	if (from->kind == KIND_TIME)
		str_addf(q, "CAST(CONCAT('zero date: ', %s) AS DATETIME(6))",
		    ref);
	else if (from->kind == KIND_BIT || ((from->kind == KIND_NUMBER ||
	    from->kind == KIND_FLOAT) && strcmp(ref, value) == 0))
		str_addz(q, "99999999");
	else
		str_addf(q, "CONCAT('zero date: ', %s)", value);
}

void
zerodate_judged(struct str *q, const struct pair *pr, const char *row,
    const char *value)
{
	struct str ref = STR_INIT, plain = STR_INIT;

	if (pr->judged == 0) {
		str_addz(q, value);
		return;
	}
	pair_ref(&ref, row, pr->from);
	convert_value(&plain, pr->from, pr->to, ref.s);
	if (pr->from->kind == KIND_BIT && strcmp(ref.s, plain.s) == 0)
		str_addz(&plain, " + 0");
	str_addz(q, "IF(");
	add_zero(q, pr->judged, plain.s);
	str_addz(q, ", ");
	add_refusal(q, pr->from, ref.s, plain.s);
	str_addf(q, ", %s)", value);
	str_free(&ref);
	str_free(&plain);
}
