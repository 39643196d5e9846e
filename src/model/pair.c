#include "model/pair.h"

#include "model/type.h"

const struct pair *
pair_to(const struct plan *p, const struct column *to)
{
	size_t i;

	for (i = 0; i < p->n_pairs + p->n_computed; i++)
		if (p->pair[i].to == to && p->pair[i].from != NULL)
			return &p->pair[i];
	return NULL;
}

const struct pair *
pair_from(const struct plan *p, const struct column *from)
{
	size_t i;

	for (i = 0; i < p->n_pairs + p->n_computed; i++)
		if (p->pair[i].from == from)
			return &p->pair[i];
	return NULL;
}

void
pair_ref(struct str *q, const char *row, const struct column *c)
{
	str_addf(q, "%s%s%s", row != NULL ? row : "", row != NULL ? "." : "",
	    c->name.sql);
}

const char *
pair_assignable(const struct plan *p)
{
	const struct pair *pr, *found = NULL;
	size_t i;

	for (i = 0; i < p->n_id; i++)
		if (!p->id[i]->to->generated)
			return p->id[i]->to->name.sql;
	for (i = 0; i < p->n_pairs; i++) {
		pr = &p->pair[i];
		if (pr->from != NULL && pr->forth == NULL && (found == NULL ||
		    type_is_moment(found->to)))
			found = pr;
	}
	return found != NULL ? found->to->name.sql : p->id[0]->to->name.sql;
}
