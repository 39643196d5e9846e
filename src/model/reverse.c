#include "model/reverse.h"

#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "model/convert.h"
#include "model/mapping.h"
#include "model/pair.h"

static int
check_conversions(const struct plan *back, struct err *e)
{
	const struct pair *pr = mapping_unconverted(back);

	if (pr == NULL)
		return 0;
	err_set(e, ERR_REFUSED, "column %s: %s cannot be converted "
	    "back into %s", pr->from->name.sql, pr->from->type,
	    pr->to->type);
	return err_hint(e, "omit --reversible and --reverse-triggers to make "
	    "this ALTER");
}

/* Columns for which nothing at all can be written. */
static int
check_fillers(const struct plan *back, struct err *e)
{
	const struct column *c = mapping_unfilled(back);

	if (c == NULL)
		return 0;
	err_set(e, ERR_REFUSED, "column %s, which the ALTER drops, is NOT "
	    "NULL and has no DEFAULT, and type %s has no empty value",
	    c->name.sql, c->type);
	return err_hint(e, "give it a DEFAULT or make it nullable first, or "
	    "omit --reversible and --reverse-triggers");
}

/* Columns in which rows that come would have an empty value. */
static int
check_loss(const struct plan *back, struct err *e)
{
	struct str names = STR_INIT;
	size_t i;

	for (i = 0; i < back->n_pairs; i++)
		if (back->pair[i].from == NULL && !back->pair[i].to->bare)
			str_addf(&names, "%s%s (%s)", names.len > 0 ? ", " :
			    "", back->pair[i].to->name.sql,
			    back->pair[i].filler);
	if (names.len == 0)
		return 0;
	err_set(e, ERR_REFUSED, "what the ALTER drops is NOT NULL and has no "
	    "DEFAULT, so that rows written after the swap would have an empty "
	    "value there in the old table: %s", names.s);
	str_free(&names);
	return err_hint(e, "allow that with --accept-loss, or give the "
	    "columns a DEFAULT first");
}

/* The first that writes to the new table and not to the old one, or NULL. */
static const struct fkey *
to_one(const struct plan *p)
{
	size_t i;

	for (i = 0; i < p->added->n; i++)
		if (fkey_cascades(&p->added->key[i]))
			return &p->added->key[i];
	return NULL;
}

/* The first to the table itself, where those come only at the end: then which
 * of them are to come back is not to be seen. */
static const struct fkey *
to_itself(const struct plan *p)
{
	size_t i;

	for (i = 0; i < p->added->n && p->apart.n > 0; i++)
		if (strcmp(p->added->key[i].parent.sql, p->names.old.sql) ==
		    0)
			return &p->added->key[i];
	return NULL;
}

/* The first that the ALTER drops, or NULL. */
static const struct fkey *
dropped(const struct plan *p, const struct alter *a)
{
	const struct fkeys *own = &p->old->fkey;
	size_t i;

	for (i = 0; i < own->n; i++)
		if (alter_drops_fkey(a, own->key[i].name.raw))
			return &own->key[i];
	return NULL;
}

int
reverse_check_keys(const struct plan *forth, const struct alter *a,
    struct err *e)
{
	const struct fkey *k;

	if ((k = to_one(forth)) != NULL)
		err_set(e, ERR_REFUSED, "the ALTER adds a foreign key (%s) "
		    "with rules that write to %s and fire no triggers: the old "
		    "table would not get that", k->name.sql,
		    forth->old->name.sql);
	else if ((k = to_itself(forth)) != NULL)
		err_set(e, ERR_REFUSED, "the ALTER adds a foreign key of the "
		    "table to itself (%s), beside others that act on it",
		    k->name.sql);
	else if ((k = dropped(forth, a)) != NULL)
		err_set(e, ERR_REFUSED, "foreign key %s, which the ALTER "
		    "drops, cannot be brought back", k->name.sql);
	else
		return 0;
	return err_hint(e, "do that in a separate migration, without "
	    "--reversible and --reverse-triggers");
}

int
reverse_check(const struct plan *back, bool accept_loss, struct err *e)
{
	if (check_conversions(back, e) != 0 || check_fillers(back, e) != 0)
		return -1;
	return accept_loss ? 0 : check_loss(back, e);
}

static void
add_name(struct str *names, const struct ident *name)
{
	str_addf(names, "%s%s", names->len > 0 ? ", " : "", name->sql);
}

void
reverse_lost(struct str *names, const struct plan *back)
{
	size_t i;

	for (i = 0; i < back->n_dropped; i++)
		add_name(names, &back->dropped[i]->name);
}

void
reverse_unfed(struct str *names, const struct plan *back)
{
	const struct column *c;
	size_t i;

	for (i = 0; i < back->new->n_columns; i++) {
		c = &back->new->column[i];
		if (!c->generated && pair_to(back, c) == NULL)
			add_name(names, &c->name);
	}
}

void
reverse_narrow(struct str *names, const struct plan *back)
{
	size_t i;

	for (i = 0; i < back->n_new_keys; i++)
		add_name(names, &back->new_key[i].key->name);
}
