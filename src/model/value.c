#include "model/value.h"

#include "model/convert.h"
#include "model/time_zone.h"
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
