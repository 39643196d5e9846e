/*
 * 64 bits of a row, to be joined by XOR.  A CRC will not do by itself: it is
 * linear, so that the XOR does not change when two rows swap a value.  The
 * product of two is not linear, and MariaDB has a second one; elsewhere it is
 * a part of a SHA (MySQL 9.6 has lost MD5()).
 */
#include "model/row_checksum.h"

#include "model/convert.h"
#include "model/convert_checksum.h"
#include "model/pair.h"
#include "model/time_zone.h"

/* Values that never read "N", so that NULL may. */
static bool
is_digits(const struct column *c)
{
	return c->kind == KIND_NUMBER || c->kind == KIND_TIME ||
	    c->kind == KIND_BIT || c->kind == KIND_FLOAT;
}

static void
add_sum_part(struct str *q, const struct pair *pr, bool compared, bool old,
    const char *ref)
{
	bool null = (pr->from->nullable || pr->to->nullable) &&
	    !pr->adapts_null;
	bool inside = null && is_digits(pr->from) && is_digits(pr->to);
	struct str value = STR_INIT;

	str_addz(&value, ref);
	if (old && pr->adapts_null) {
		str_reset(&value);
		str_addf(&value, "COALESCE(%s, %s)", ref,
		    convert_filler(pr->to));
	}
	if (compared) {
		str_addz(q, inside ? ", COALESCE(" : ", ");
		if (old)
			convert_checksum_old(q, pr->from, pr->to, value.s);
		else
			convert_checksum_new(q, pr->from, pr->to, value.s);
		str_addz(q, inside ? ", 'N')" : "");
	}
	if (null && !(inside && compared))
		str_addf(q, ", ISNULL(%s)", ref);
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
void
row_checksum_part(struct str *q, const struct plan *p, const struct pair *pair,
    bool old, const char *row)
{
	bool source = (pair->forth == NULL) == old;
	const struct pair *pr = pair->forth != NULL ? pair->forth : pair;
	struct str ref = STR_INIT;

	if (source)
		time_zone_source(&ref, p, pr, row);
	else
		pair_ref(&ref, row, pr->to);
	add_sum_part(q, pr, pair->compared, source, ref.s);
	str_free(&ref);
}

/* The row as one text.  CONCAT_WS passes over NULLs, so these are marked. */
static void
add_row(struct str *q, const struct plan *p, bool old, const char *row)
{
	size_t i;

	str_addz(q, "CONCAT_WS('#'");
	for (i = 0; i < p->n_pairs + p->n_computed; i++) {
		if (p->pair[i].from == NULL || (i >= p->n_pairs &&
		    !identifies(p, &p->pair[i])))
			continue;
		row_checksum_part(q, p, &p->pair[i], old, row);
	}
	str_addz(q, ")");
}

void
row_checksum_add(struct str *q, const struct plan *p, bool old, const char *row)
{
	if (p->server->mariadb && p->server->version >= 100800) {
		/* The variable saves making the text twice. */
		str_addz(q, "CRC32(@livealter_row := ");
		add_row(q, p, old, row);
		str_addz(q, ") * (CRC32C(@livealter_row) | 1)");
	} else {
		str_addz(q, "CAST(CONV(LEFT(SHA2(");
		add_row(q, p, old, row);
		str_addz(q, ", 224), 16), 16, 10) AS UNSIGNED)");
	}
}
