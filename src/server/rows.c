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
	for (j = 0; r->name != NULL && j < r->cols; j++)
		free(r->name[j]);
	free(r->name);
	*r = none;
}

void
rows_name(struct rows *r, size_t column, const char *name)
{
	if (r->name == NULL)
		r->name = xcalloc(r->cols, sizeof(*r->name));
	r->name[column] = xstrdup(name);
}

const char *
rows_named(const struct rows *r, size_t row, const char *name)
{
	size_t j;

	for (j = 0; r->name != NULL && j < r->cols; j++)
		if (same_text(r->name[j], name))
			return r->cell[row][j];
	return NULL;
}
