#ifndef ROWS_H
#define ROWS_H

#include <stddef.h>

/* A result, all of it.  Cells are NULL for NULL; rows_free() frees. */
struct rows {
	size_t n, cols;
	char ***cell;		/* cell[row][column] */
	char **name;		/* of the columns; or NULL */
};

#define ROWS_INIT { 0, 0, NULL, NULL }

/* One more row, of cells that are NULL. */
void rows_add(struct rows *r);

/* Give a column its name, before there are rows. */
void rows_name(struct rows *r, size_t column, const char *name);

void rows_free(struct rows *r);

/*
 * The cell of the column of this name, whatever its case, for a SHOW whose
 * columns differ from version to version; NULL for NULL, or when there is none.
 */
const char *rows_named(const struct rows *r, size_t row, const char *name);

#endif
