#include "model/mapping.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/str.h"
#include "base/util.h"
#include "model/computed.h"
#include "model/convert.h"
#include "model/convert_checksum.h"
#include "model/pair.h"
#include "model/zerodate.h"

/* The name under which the ALTER keeps an old column, or NULL: dropped. */
static const char *
kept_as(const struct alter *a, const struct column *c)
{
	const char *to = alter_renamed(a, c->name.raw);

	if (to != NULL)
		return to;
	return alter_drops(a, c->name.raw) ? NULL : c->name.raw;
}

/* Which old column does this new one continue? */
static const struct column *
source_of(const struct plan *p, const struct alter *a,
    const struct column *to)
{
	const char *as;
	size_t i;

	for (i = 0; i < p->old->n_columns; i++) {
		as = kept_as(a, &p->old->column[i]);
		if (as != NULL && strcasecmp(as, to->name.raw) == 0)
			return &p->old->column[i];
	}
	return NULL;
}

/* Every old column is in the new table, or its DROP is in the ALTER. */
static int
account_for_columns(struct plan *p, const struct alter *a, struct err *e)
{
	const struct column *c;
	const char *as;
	size_t i;

	p->dropped = xcalloc(p->old->n_columns, sizeof(*p->dropped));
	for (i = 0; i < p->old->n_columns; i++) {
		c = &p->old->column[i];
		as = kept_as(a, c);
		if (as == NULL) {
			p->dropped[p->n_dropped++] = c;
		} else if (table_column(p->new, as) == NULL) {
			err_set(e, ERR_REFUSED, "column %s is not in the new "
			    "table, and the ALTER neither drops nor renames it",
			    c->name.sql);
			return err_hint(e, "its values would be lost; this is "
			    "a defect of livealter if the ALTER renames it");
		}
	}
	return 0;
}

static void
fill_pair(struct pair *pr, const struct plan_options *options)
{
	struct str ignored = STR_INIT;

	if (pr->from == NULL)
		return;
	pr->same = convert_same(pr->from, pr->to);
	pr->adapts_null = options->null_to_not_null && pr->from->nullable &&
	    !pr->to->nullable && pr->to->kind != KIND_ENUM &&
	    convert_filler(pr->to) != NULL;
	pr->may_change = options->may_change != NULL && !pr->same &&
	    options->may_change(options->arg, pr->to->name.raw);
	pr->compared = !pr->may_change &&
	    (!pr->adapts_null || convert_filler_reads(pr->to)) &&
	    convert_checksum_old(&ignored, pr->from, pr->to, "");
	str_free(&ignored);
}

/* Does it have a value by itself, if only NULL? */
static bool
has_default(const struct column *c)
{
	/* Where a DEFAULT was dropped, the word may still be there. */
	return !c->bare && (c->nullable || c->auto_increment ||
	    c->fallback != NULL || c->generated ||
	    strstr(c->extra, "DEFAULT_GENERATED") != NULL);
}

/* Is it new, and must have a value that no statement gives it? */
static bool
lacks_value(const struct plan *p, const struct column *to)
{
	size_t i;

	for (i = 0; i < p->n_pairs; i++)
		if (p->pair[i].to == to)
			return false;
	return !has_default(to);
}

const struct column *
mapping_unfilled(const struct plan *p)
{
	const struct column *c = p->new->column;
	size_t i;

	for (i = 0; i < p->new->n_columns; i++)
		if (lacks_value(p, &c[i]))
			return &c[i];
	return NULL;
}

const struct pair *
mapping_unconverted(const struct plan *p)
{
	size_t i;

	for (i = 0; i < p->n_pairs; i++)
		if (p->pair[i].from != NULL &&
		    convert_refused(p->pair[i].from, p->pair[i].to))
			return &p->pair[i];
	return NULL;
}

/* A column that has no value in any row yet, and no DEFAULT to take. */
static const char *
filler_of(const struct column *c)
{
	return has_default(c) ? NULL : c->bare ? "NULL" : convert_filler(c);
}

/* source has a column of the old table, or NULL, for each of the new one. */
static void
map_columns(struct plan *p, const struct column *const *source,
    const struct plan_options *options)
{
	const struct column *from, *to;
	struct pair *pr;
	size_t i;

	p->pair = xcalloc(p->new->n_columns, sizeof(*p->pair));
	for (i = 0; i < p->new->n_columns; i++) {
		to = &p->new->column[i];
		if (to->auto_increment && p->server->autoinc_lock)
			p->autoinc_lock = true;
		if (to->generated)
			continue;
		from = source[i];
		if (from == NULL && to->auto_increment)
			p->numbers = true;
		if (from == NULL && filler_of(to) == NULL)
			continue;
		pr = &p->pair[p->n_pairs++];
		pr->from = from;
		pr->to = to;
		pr->filler = from == NULL ? filler_of(to) : NULL;
		fill_pair(pr, options);
	}
	zerodate_choose(p);
}

/* Columns that are not written, since both tables compute them alike. */
static void
map_computed(struct plan *p, const struct column *const *source)
{
	struct str ignored = STR_INIT;
	const struct column *to;
	struct pair *pr;
	size_t i;

	for (i = 0; i < p->new->n_columns; i++) {
		to = &p->new->column[i];
		if (source[i] == NULL ||
		    !computed_alike(p, source, source[i], to))
			continue;
		pr = &p->pair[p->n_pairs + p->n_computed++];
		pr->from = source[i];
		pr->to = to;
		pr->same = convert_same(pr->from, to);
		pr->compared = convert_checksum_old(&ignored, pr->from, to, "");
	}
	str_free(&ignored);
}

int
mapping_make(struct plan *p, const struct alter *a,
    const struct plan_options *options, struct err *e)
{
	const struct column **source;
	size_t i;

	if (account_for_columns(p, a, e) != 0)
		return -1;
	source = xcalloc(p->new->n_columns, sizeof(*source));
	for (i = 0; i < p->new->n_columns; i++)
		source[i] = source_of(p, a, &p->new->column[i]);
	map_columns(p, source, options);
	map_computed(p, source);
	free(source);
	return 0;
}

/* What the ALTER made of the column that comes back. */
static void
look_forth(struct pair *pr, const struct plan *p)
{
	const struct pair *forth = pair_to(p, pr->from);

	if (forth == NULL) {
		/* The new table computes it: two values, not one. */
		pr->compared = false;
	} else if (!convert_returns(forth->from, forth->to) ||
	    forth->adapts_null || forth->may_change) {
		pr->forth = forth;
		pr->compared = forth->compared;
	}
}

void
mapping_reverse(struct plan *back, const struct plan *p, const struct alter *a,
    const struct plan_options *options)
{
	const struct column **source, *c;
	const char *as;
	size_t i;

	source = xcalloc(back->new->n_columns, sizeof(*source));
	for (i = 0; i < back->new->n_columns; i++) {
		as = kept_as(a, &back->new->column[i]);
		source[i] = as != NULL ? table_column(back->old, as) : NULL;
	}
	map_columns(back, source, options);
	for (i = 0; i < back->n_pairs; i++)
		if (back->pair[i].from != NULL)
			look_forth(&back->pair[i], p);
	map_computed(back, source);
	free(source);
	back->dropped = xcalloc(back->old->n_columns,
	    sizeof(*back->dropped));
	for (i = 0; i < back->old->n_columns; i++) {
		c = &back->old->column[i];
		if (!c->generated && pair_from(back, c) == NULL)
			back->dropped[back->n_dropped++] = c;
	}
}
