/*
 * 64 bits of a row or more, to be joined by XOR.  A CRC will not do by itself:
 * it is linear, so that the XOR does not change when two rows swap a value.
 * The product of two is not linear, and MariaDB has a second one; elsewhere it
 * is a SHA (MySQL 9.6 has lost MD5()), which costs less than the text of it.
 */
#include "model/row_checksum.h"

#include "model/convert.h"
#include "model/convert_checksum.h"
#include "model/pair.h"
#include "model/time_zone.h"
#include "model/type.h"

/* Values that never read "N", so that NULL may. */
static bool
is_digits(const struct column *c)
{
	return c->kind == KIND_NUMBER || c->kind == KIND_TIME ||
	    c->kind == KIND_BIT || c->kind == KIND_FLOAT;
}

/* May its text have a separator in it? */
static bool
is_free(const struct pair *pr)
{
	const struct column *from = pr->from, *to = pr->to;

	return pr->compared && !is_digits(to) && to->kind != KIND_UUID &&
	    (to->kind != KIND_ENUM || !convert_checksum_plain(from, to)) &&
	    !type_is_large(from) && !type_is_large(to);
}

/* A row, or a part of it, while it is put together. */
struct parts {
	struct str marks, values;	/* each with ", " in front */
};

#define PARTS_INIT { STR_INIT, STR_INIT }

static void
add_mark(struct parts *parts, const char *mark)
{
	str_addf(&parts->marks, "%s%s", parts->marks.len > 0 ? ", " : "",
	    mark);
}

/*
 * Where the value converted may be NULL and the value itself is not, this is
 * what counts.
 */
static void
add_null(struct parts *parts, const struct pair *pr, const char *ref,
    struct str *value)
{
	struct str s = STR_INIT;

	if (pr->compared && is_digits(pr->from) && is_digits(pr->to) &&
	    !convert_checksum_plain(pr->from, pr->to)) {
		str_addf(&s, "COALESCE(%s, 'N')", value->s);
		str_reset(value);
		str_addz(value, s.s);
	} else {
		str_addf(&s, "ISNULL(%s)", ref);
		add_mark(parts, s.s);
	}
	str_free(&s);
}

/* Four bytes, whatever it is. */
static void
add_length(struct parts *parts, const char *value)
{
	struct str s = STR_INIT;

	str_addf(&s, "LENGTH(%s) + 16777216", value);
	add_mark(parts, s.s);
	str_free(&s);
}

static void
add_value(struct parts *parts, const struct pair *pr, bool old,
    bool measured, const char *ref)
{
	struct str given = STR_INIT, value = STR_INIT;

	if (old && pr->adapts_null)
		str_addf(&given, "COALESCE(%s, %s)", ref,
		    convert_filler(pr->to));
	else
		str_addz(&given, ref);
	if (pr->compared && old)
		convert_checksum_old(&value, pr->from, pr->to, given.s);
	else if (pr->compared)
		convert_checksum_new(&value, pr->from, pr->to, given.s);
	if ((pr->from->nullable || pr->to->nullable) && !pr->adapts_null)
		add_null(parts, pr, ref, &value);
	if (measured)
		add_length(parts, value.s);
	if (pr->compared)
		str_addf(&parts->values, ", %s", value.s);
	str_free(&given);
	str_free(&value);
}

/*
 * What is generated is computed anew by ALTER TABLE, so that a session of other
 * settings may have made something else of it; but not where rows are found by
 * it.
 */
static bool
identifies(const struct plan *p, const struct pair *pr)
{
	size_t i;

	for (i = 0; i < p->n_id; i++)
		if (p->id[i] == pr)
			return true;
	return false;
}

/* What is compared the other way has its sides swapped. */
static void
add_pair(struct parts *parts, const struct plan *p, const struct pair *pair,
    bool old, bool measured, const char *row)
{
	bool source = (pair->forth == NULL) == old;
	const struct pair *pr = pair->forth != NULL ? pair->forth : pair;
	struct str ref = STR_INIT;

	if (source)
		time_zone_source(&ref, p, pr, row);
	else
		pair_ref(&ref, row, pr->to);
	add_value(parts, pr, source, measured, ref.s);
	str_free(&ref);
}

/*
 * One text of them.  CONCAT_WS passes over NULLs, so these are marked; and one
 * of its arguments being bytes by force, it joins the bytes of all.
 */
static void
add_parts(struct str *q, struct parts *parts)
{
	str_addz(q, "CONCAT_WS(_binary'#' COLLATE 'binary'");
	if (parts->marks.len > 0)
		str_addf(q, ", CHAR(%s)", parts->marks.s);
	str_addf(q, "%s)", parts->values.len > 0 ? parts->values.s : "");
	str_free(&parts->marks);
	str_free(&parts->values);
}

void
row_checksum_value(struct str *q, const struct plan *p,
    const struct pair *pair, bool old, const char *row)
{
	struct parts parts = PARTS_INIT;

	add_pair(&parts, p, pair, old, false, row);
	add_parts(q, &parts);
}

static bool
takes_part(const struct plan *p, size_t i)
{
	const struct pair *pr = &p->pair[i];

	return (i < p->n_pairs || identifies(p, pr)) && pr->from != NULL;
}

static bool
is_free_pair(const struct plan *p, size_t i)
{
	const struct pair *pr = &p->pair[i];

	return takes_part(p, i) && is_free(pr->forth != NULL ? pr->forth : pr);
}

/*
 * The row as one text, which no other row has: where one value ends is told by
 * the separator if no value has one in it, and otherwise by its length.  The
 * last of these is what the others leave.
 */
static void
add_row(struct str *q, const struct plan *p, bool old, const char *row)
{
	size_t i, n = p->n_pairs + p->n_computed, last = n;
	struct parts parts = PARTS_INIT;

	for (i = 0; i < n; i++)
		if (is_free_pair(p, i))
			last = i;
	for (i = 0; i < n; i++)
		if (takes_part(p, i))
			add_pair(&parts, p, &p->pair[i], old, i != last &&
			    is_free_pair(p, i), row);
	add_parts(q, &parts);
}

/* MySQL's BIT_XOR() takes bytes; until 5.7, and in MariaDB, numbers. */
static bool
joins_bytes(const struct plan *p)
{
	return !p->server->mariadb && p->server->version >= 80000;
}

void
row_checksum_add(struct str *q, const struct plan *p, bool old, const char *row)
{
	if (p->server->mariadb && p->server->version >= 100800) {
		/* The variable saves making the text twice. */
		str_addz(q, "CRC32(@livealter_row := ");
		add_row(q, p, old, row);
		str_addz(q, ") * (CRC32C(@livealter_row) | 1)");
	} else if (joins_bytes(p)) {
		str_addz(q, "UNHEX(SHA2(");
		add_row(q, p, old, row);
		str_addz(q, ", 224))");
	} else {
		str_addz(q, "CAST(CONV(LEFT(SHA2(");
		add_row(q, p, old, row);
		str_addz(q, ", 224), 16), 16, 10) AS UNSIGNED)");
	}
}

void
row_checksum_join(struct str *q, const struct plan *p, bool old,
    const char *row)
{
	str_addz(q, joins_bytes(p) ? "HEX(BIT_XOR(" : "BIT_XOR(");
	row_checksum_add(q, p, old, row);
	str_addz(q, joins_bytes(p) ? "))" : ")");
}
