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

void
cast_moment(struct str *q, const struct column *to, const char *ref, bool old)
{
	if (!old) {
		str_addz(q, ref);
		return;
	}
	str_addf(q, "CAST(%s AS %s", ref,
	    type_is(to, "timestamp") ? "DATETIME" : to->data_type);
	if (!type_is(to, "date"))
		add_precision(q, to->type);
	str_addz(q, ")");
}
