#include "model/value.h"

#include "model/convert.h"
#include "model/time_zone.h"
#include "model/verb.h"
#include "model/zerodate.h"

void
value_render(struct str *q, const struct plan *p, const struct pair *pr,
    const char *row)
{
	struct str ref = STR_INIT, value = STR_INIT;

	if (pr->from == NULL) {
		str_addz(q, pr->filler);
		return;
	}
	time_zone_source(&ref, p, pr, row);
	convert_value(&value, pr->from, pr->to, ref.s);
	str_addz(q, pr->adapts_null ? "COALESCE(" : "");
	zerodate_judged(q, pr, row, value.s);
	if (pr->adapts_null)
		str_addf(q, ", %s)", convert_filler(pr->to));
	str_free(&ref);
	str_free(&value);
}

void
value_list(struct str *q, const struct plan *p, const char *row)
{
	size_t i;

	for (i = 0; i < p->n_pairs; i++) {
		if (i > 0)
			str_addz(q, ", ");
		value_render(q, p, &p->pair[i], row);
	}
}

void
value_columns(struct str *q, const struct plan *p)
{
	size_t i;

	str_addz(q, "(");
	for (i = 0; i < p->n_pairs; i++)
		str_addf(q, "%s%s", i > 0 ? ", " : "",
		    p->pair[i].to->name.sql);
	str_addz(q, ")");
}

void
value_insert_into(struct str *q, const struct plan *p)
{
	verb_add(q, p, "INSERT");
	str_addf(q, " INTO %s ", p->names.shadow.sql);
	value_columns(q, p);
}
