#include "model/index_use.h"

#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "model/pair.h"

/* Of the indexes that lead with these columns the plan uses that one. */
static bool
leads(const struct plan *p, const struct ident *index,
    const struct ident *column, size_t n)
{
	const struct key *k = table_leading(p->new, column, n);

	return k != NULL && strcmp(k->name.raw, index->raw) == 0;
}

/* For the table's own keys, and those that come to itself. */
static bool
serves_own(const struct plan *p, const struct ident *index,
    const struct fkeys *f)
{
	const struct fkey *k;
	size_t i;

	for (i = 0; i < f->n; i++) {
		k = &f->key[i];
		if (leads(p, index, k->column, k->n) ||
		    leads(p, index, k->referenced, k->n))
			return true;
	}
	return false;
}

/* Children will reference the columns by their new names. */
static bool
serves_child(const struct plan *p, const struct ident *index,
    const struct fkey *k)
{
	struct ident *column = xcalloc(k->n, sizeof(*column));
	const struct column *c;
	const struct pair *pr;
	size_t i;
	bool yes;

	for (i = 0; i < k->n; i++) {
		c = table_column(p->old, k->referenced[i].raw);
		pr = c != NULL ? pair_from(p, c) : NULL;
		column[i] = pr != NULL ? pr->to->name : k->referenced[i];
	}
	yes = leads(p, index, column, k->n);
	free(column);
	return yes;
}

/* The counter is read from an index that begins with its column. */
static bool
serves_counter(const struct plan *p, const struct ident *index)
{
	const struct key *k = table_key(p->new, index->raw);
	size_t i;

	for (i = 0; k != NULL && i < k->n; i++)
		if (p->new->column[k->part[i].column].auto_increment)
			return true;
	return false;
}

bool
index_use_needs(const struct plan *p, const struct ident *index)
{
	const struct fkeys *child = &p->dependents->child;
	size_t i;

	for (i = 0; i < child->n; i++)
		if (serves_child(p, index, &child->key[i]))
			return true;
	return serves_counter(p, index) ||
	    serves_own(p, index, &p->new->fkey) ||
	    serves_own(p, index, p->added) ||
	    serves_own(p, index, &p->apart) ||
	    serves_own(p, index, &p->apart_new);
}
