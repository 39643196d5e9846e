#include "throttle/source.h"

#include <stddef.h>

struct str *
source_uses(struct verdict *v, double used)
{
	if (!(used > v->used))
		return NULL;
	v->used = used;
	str_reset(&v->near);
	return &v->near;
}

void
source_free_verdict(struct verdict *v)
{
	str_free(&v->what);
	str_free(&v->near);
}
