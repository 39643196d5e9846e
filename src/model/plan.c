#include "model/plan.h"

#include "base/str.h"

struct path
plan_path(const struct plan *p)
{
	struct path path = { &p->names.old, p->old, p->walk };

	return path;
}

void
plan_essence(struct str *out, const struct plan *p)
{
	size_t i;

	str_addf(out, "in the order of %s\n%s", p->walk->name.sql,
	    p->copy_head);
	for (i = 0; i < p->script.n; i++)
		str_addf(out, "\n%s", p->script.item[i].sql);
}

const char *
plan_here(const struct plan *p)
{
	return p->complete ? "new" : "old";
}

const char *
plan_there(const struct plan *p)
{
	return p->complete ? "old" : "new";
}
