#ifndef ROWS_H
#define ROWS_H

#include <stddef.h>

/* A result, all of it.  Cells are NULL for NULL; rows_free() frees. */
struct rows {
	size_t n, cols;
	char ***cell;		/* cell[row][column] */
};

#define ROWS_INIT { 0, 0, NULL }

/* One more row, of cells that are NULL. */
void rows_add(struct rows *r);

void rows_free(struct rows *r);

#endif
