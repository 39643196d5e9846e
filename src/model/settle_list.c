#include "model/settle_list.h"

#include <stdlib.h>

#include "base/util.h"

void
settle_list_add(struct settle_list *l, struct str *sql)
{
	l->sql = xrealloc(l->sql, l->n + 1, sizeof(*l->sql));
	l->sql[l->n++] = str_take(sql);
}

void
settle_list_free(struct settle_list *l)
{
	size_t i;

	for (i = 0; i < l->n; i++)
		free(l->sql[i]);
	free(l->sql);
	l->sql = NULL;
	l->n = 0;
}
