/*
 * What a worker draws: random numbers, and the keys of its transactions.
 *
 * The keys are divided among the threads by residue, and within a transaction
 * they are visited in ascending order.  So the threads neither wait for one
 * another nor deadlock among themselves: an error or a slow statement is the
 * doing of whoever else is at work.  It also makes a thread's statements
 * depend on the seed alone (but for --auto, errors and the time it ends).
 */
#include "hammer.h"

#include <stdlib.h>
#include <string.h>

/* splitmix64: any seed will do, also small ones that follow each other. */
uint64_t
rnd(struct worker *w)
{
	uint64_t z = w->rng += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

size_t
below(struct worker *w, size_t n)
{
	return (size_t)(rnd(w) % n);
}

bool
chance(struct worker *w, unsigned percent)
{
	return rnd(w) % 100 < percent;
}

/* --- keys --------------------------------------------------------------- */

void
key_add(struct keys *k, int64_t key)
{
	if (k->n == k->cap) {
		k->cap = k->cap ? k->cap * 2 : 1024;
		k->v = realloc(k->v, k->cap * sizeof(*k->v));
		if (k->v == NULL)
			die("out of memory");
	}
	k->v[k->n++] = key;
}

static int64_t
key_take(struct worker *w, struct keys *k)
{
	size_t i = below(w, k->n);
	int64_t key = k->v[i];

	k->v[i] = k->v[--k->n];
	return key;
}

int64_t
key_fresh(struct worker *w)
{
	int64_t key = w->fresh;

	w->fresh += opt.threads;
	return key;
}

static int
by_key(const void *a, const void *b)
{
	const struct item *x = a, *y = b;

	return x->key < y->key ? -1 : x->key > y->key;
}

/*
 * The keys of a transaction leave the lists when it begins and come back when
 * it ends, by what became of them.  So undoing is copying this array back.
 */
void
items_take(struct worker *w, size_t n, unsigned percent_live)
{
	struct item swap;
	size_t i, j;

	if (w->live.n > 2 * w->initial + 100)
		percent_live = 90;
	w->nit = 0;
	for (i = 0; i < n; i++) {
		struct item *it = &w->it[w->nit++];

		if (w->live.n > 0 && chance(w, percent_live)) {
			it->row = true;
			it->key = key_take(w, &w->live);
		} else {
			it->row = false;
			it->key = w->dead.n > 0 && chance(w, 70) ?
			    key_take(w, &w->dead) : key_fresh(w);
		}
	}
	if (!opt.random_order)
		qsort(w->it, w->nit, sizeof(*w->it), by_key);
	for (i = w->nit; i > 1 && opt.random_order; i--) {
		j = below(w, i);
		swap = w->it[i - 1];
		w->it[i - 1] = w->it[j];
		w->it[j] = swap;
	}
	memcpy(w->taken, w->it, sizeof(w->taken));
	w->ntaken = w->nit;
}

void
items_put(struct worker *w)
{
	size_t i;

	for (i = 0; i < w->nit; i++)
		key_add(w->it[i].row ? &w->live : &w->dead, w->it[i].key);
	w->nit = 0;
}
