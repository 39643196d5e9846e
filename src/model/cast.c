#include "model/cast.h"

#include <stdlib.h>
#include <string.h>

#include "model/type.h"

/* "(10,2)" of "decimal(10,2) unsigned", or an empty string. */
static void
add_precision(struct str *q, const char *type)
{
	const char *open = strchr(type, '('), *close;

	if (open == NULL || (close = strchr(open, ')')) == NULL)
		return;
	str_add(q, open, (size_t)(close - open) + 1);
}

void
cast_decimal(struct str *q, const struct column *to, const char *ref)
{
	str_addf(q, "CAST(%s AS DECIMAL", ref);
	add_precision(q, to->type);
	str_addz(q, ")");
}

/* MySQL rounds a fraction of a second where it stores a DATE, and in CAST()
 * cuts it off. */
static bool
rounds(const struct column *from, const struct column *to)
{
	return !from->mariadb && type_is(to, "date") &&
	    from->kind == KIND_TIME && strchr(from->type, '(') != NULL;
}

void
cast_moment(struct str *q, const struct column *from, const struct column *to,
    const char *ref, bool old)
{
	if (!old) {
		str_addz(q, ref);
		return;
	}
	str_addf(q, rounds(from, to) ? "CAST(CAST(%s AS DATETIME) AS %s" :
	    "CAST(%s AS %s", ref,
	    type_is(to, "timestamp") ? "DATETIME" : to->data_type);
	if (!type_is(to, "date"))
		add_precision(q, to->type);
	str_addz(q, ")");
}

/*
 * The servers round what is after the point, and no more (Field_real::truncate
 * in MySQL, truncate_double() in MariaDB); ROUND(x, d) gives another last bit.
 * They do not where they copy a DOUBLE as it is: MySQL's INSERT ... SELECT, and
 * in place ALTER TABLE.  So both sides are rounded, which makes no difference
 * to a value that is.
 */
void
cast_double(struct str *q, const struct column *to, const char *ref)
{
	const char *at = strchr(to->type, ',');
	unsigned long digits = at != NULL ? strtoul(at + 1, NULL, 10) : 0;

	if (at == NULL)
		str_addf(q, "%s + 0.0e0", ref);
	else
		str_addf(q, "FLOOR(%s + 0.0e0) + ROUND((%s + 0.0e0 - "
		    "FLOOR(%s + 0.0e0)) * 1e%lu) / 1e%lu", ref, ref, ref,
		    digits, digits);
}
