#include "model/low_water.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"

void
low_water_start(struct low_water *t, const struct bound *mark,
    unsigned long long rows)
{
	bound_copy(&t->mark, mark);
	t->rows = rows;
}

unsigned long long
low_water_add(struct low_water *t, const struct bound *upto)
{
	struct place *p;

	if (t->n == t->cap) {
		t->cap = t->cap ? 2 * t->cap : 8;
		t->place = xrealloc(t->place, t->cap, sizeof(*t->place));
	}
	p = &t->place[t->n++];
	memset(p, 0, sizeof(*p));
	bound_copy(&p->upto, upto);
	return t->first + t->n - 1;
}

bool
low_water_would_move(const struct low_water *t, unsigned long long number,
    unsigned long long rows, struct bound *mark, unsigned long long *total)
{
	size_t i;

	/* Only the first unfinished one holds the mark back. */
	if (number != t->first)
		return false;
	*total = t->rows + rows;
	for (i = 1; i < t->n && t->place[i].done; i++)
		*total += t->place[i].rows;
	bound_copy(mark, &t->place[i - 1].upto);
	return true;
}

void
low_water_done(struct low_water *t, unsigned long long number,
    unsigned long long rows)
{
	size_t i;

	assert(number >= t->first && number - t->first < t->n);
	t->place[number - t->first].done = true;
	t->place[number - t->first].rows = rows;
	for (i = 0; i < t->n && t->place[i].done; i++) {
		t->rows += t->place[i].rows;
		bound_free(&t->mark);
		t->mark = t->place[i].upto;
	}
	t->n -= i;
	t->first += i;
	if (i > 0)
		memmove(t->place, t->place + i, t->n * sizeof(*t->place));
}

void
low_water_free(struct low_water *t)
{
	struct low_water none = LOW_WATER_INIT;
	size_t i;

	for (i = 0; i < t->n; i++)
		bound_free(&t->place[i].upto);
	free(t->place);
	bound_free(&t->mark);
	*t = none;
}
