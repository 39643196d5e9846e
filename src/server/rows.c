#include "server/rows.h"

#include <stdlib.h>

#include "base/util.h"

void
rows_add(struct rows *r)
{
	r->cell = xrealloc(r->cell, r->n + 1, sizeof(*r->cell));
	r->cell[r->n++] = xcalloc(r->cols, sizeof(**r->cell));
}

void
rows_free(struct rows *r)
{
	struct rows none = ROWS_INIT;
	size_t i, j;

	for (i = 0; i < r->n; i++) {
		for (j = 0; j < r->cols; j++)
			free(r->cell[i][j]);
		free(r->cell[i]);
	}
	free(r->cell);
	*r = none;
}
