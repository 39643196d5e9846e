#include "model/filter.h"

#include <stdlib.h>
#include <string.h>

#include "model/pair.h"
#include "model/plan.h"
#include "model/time_zone.h"
#include "model/type.h"

void
filter_free(struct filter *f)
{
	size_t i;

	for (i = 0; i < f->n; i++)
		free(f->part[i].text);
	free(f->part);
	memset(f, 0, sizeof(*f));
}

void
filter_add(struct str *q, const struct filter *f, const struct plan *p,
    const char *row)
{
	bool utc = p != NULL && (p->session & SESSION_UTC) != 0;
	const struct filter_part *part;
	size_t i;

	str_addz(q, "(");
	for (i = 0; i < f->n; i++) {
		part = &f->part[i];
		if (part->kind == FILTER_COLUMN && utc &&
		    type_is_moment(part->column))
			time_zone_here(q, p, part->column, row);
		else if (part->column != NULL)
			pair_ref(q, row, part->column);
		else if (part->kind == FILTER_TEXT || utc)
			str_addz(q, part->text);
	}
	str_addz(q, ")");
}

void
filter_and(struct str *q, const struct plan *p, const char *row)
{
	if (p->filter == NULL)
		return;
	filter_add(q, p->filter, p, row);
	str_addz(q, " AND ");
}

bool
filter_names(const struct filter *f, const struct column *c)
{
	size_t i;

	for (i = 0; i < f->n; i++)
		if (f->part[i].column == c)
			return true;
	return false;
}
