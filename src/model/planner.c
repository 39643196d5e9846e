#include "model/planner.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/str.h"
#include "base/util.h"
#include "model/apart.h"
#include "model/by_key.h"
#include "model/convert.h"
#include "model/cutover_script.h"
#include "model/new_constraints.h"
#include "model/mapping.h"
#include "model/order.h"
#include "model/pair.h"
#include "model/quoting.h"
#include "model/script.h"
#include "model/sql.h"
#include "model/sync_triggers.h"
#include "model/threads.h"
#include "model/time_zone.h"
#include "model/type.h"

/* An index that is wished for and cannot be had is not used. */
static int
choose_walk(struct plan *p, const struct plan_options *options, struct err *e)
{
	const struct key *k = options->chunk_index != NULL ?
	    table_key(p->old, options->chunk_index) : NULL;

	p->walk = k != NULL && k->total ? k : table_total_key(p->old, e);
	return p->walk != NULL ? 0 : -1;
}

static bool
has_pair(const struct pair *const *set, size_t n, const struct pair *pr)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (set[i] == pr)
			return true;
	return false;
}

/* Can a row be found by what becomes of this column? */
static bool
is_followed(const struct pair *pr)
{
	struct str ignored = STR_INIT;
	bool yes = pr != NULL && !pr->to->nullable && pr->forth == NULL &&
	    convert_key(&ignored, pr->from, pr->to, "");

	str_free(&ignored);
	return yes;
}

/*
 * The columns of a unique key of the new table together with those of one of
 * the old: unique in both.  Returns how many, or 0 when one is not mapped.
 */
static size_t
join_keys(const struct plan *p, const struct key *new, const struct key *old,
    const struct pair **set)
{
	const struct pair *pr;
	size_t i, n = 0;

	for (i = 0; i < new->n; i++) {
		pr = pair_to(p, &p->new->column[new->part[i].column]);
		if (!is_followed(pr))
			return 0;
		set[n++] = pr;
	}
	for (i = 0; i < old->n; i++) {
		pr = pair_from(p, &p->old->column[old->part[i].column]);
		if (!is_followed(pr))
			return 0;
		if (!has_pair(set, n, pr))
			set[n++] = pr;
	}
	return n;
}

/*
 * How good a set of columns is to identify rows by: the fewer the better, best
 * without one that is compared in another way afterwards, and without a
 * TIMESTAMP, which must be told from its like in the hour that comes twice.
 */
static size_t
cost(const struct pair *const *set, size_t n)
{
	size_t i, sum = n;

	for (i = 0; i < n; i++) {
		if (type_is_moment(set[i]->from))
			sum += 100;
		if (!convert_distinct(set[i]->from, set[i]->to))
			sum += 10000;
	}
	return sum;
}

/* A column of a key that is kept, by whose new value no row can be found. */
static const struct pair *
unfollowed(const struct plan *p)
{
	const struct pair *pr;
	size_t i, part;

	for (i = 0; i < p->old->n_keys; i++)
		for (part = 0; p->old->key[i].total &&
		    part < p->old->key[i].n; part++) {
			pr = pair_from(p, &p->old->column[
			    p->old->key[i].part[part].column]);
			if (pr != NULL && !pr->to->nullable &&
			    !is_followed(pr))
				return pr;
		}
	return NULL;
}

/* A column of a key that is computed, and not alike in the new table. */
static const struct column *
computed_otherwise(const struct plan *p, const struct table *t)
{
	const struct column *c;
	size_t i, part;

	for (i = 0; i < t->n_keys; i++)
		for (part = 0; t->key[i].total && part < t->key[i].n; part++) {
			c = &t->column[t->key[i].part[part].column];
			if (c->generated && (t == p->old ? pair_from(p, c) :
			    pair_to(p, c)) == NULL)
				return c;
		}
	return NULL;
}

static int
no_identity(const struct plan *p, struct err *e)
{
	const struct pair *pr = unfollowed(p);
	const struct column *c = computed_otherwise(p, p->old);

	if (c == NULL)
		c = computed_otherwise(p, p->new);
	if (pr == NULL && c != NULL) {
		err_set(e, ERR_NO_KEY, "no unique key is left that identifies "
		    "a row before and after the ALTER: column %s of a key is "
		    "generated, and not by the same expression of the same "
		    "columns in both tables", c->name.sql);
		return err_hint(e, "add a unique key of NOT NULL columns that "
		    "are not generated, and drop it afterwards");
	}
	if (pr != NULL) {
		err_set(e, ERR_NO_KEY, "no unique key is left that identifies "
		    "a row before and after the ALTER: column %s of a key "
		    "changes from %s to %s, and rows cannot be found by that",
		    pr->to->name.sql, pr->from->type, pr->to->type);
		return err_hint(e, "add another unique key of NOT NULL columns "
		    "to the table first, and drop it afterwards");
	}
	err_set(e, ERR_NO_KEY, "no unique key of NOT NULL columns is left "
	    "that identifies a row before and after the ALTER");
	return err_hint(e, "the triggers could not find the row that a "
	    "statement changed; keep a unique key");
}

/* The cheapest wins; between equals the first: primary keys lead. */
static int
choose_identity(struct plan *p, struct err *e)
{
	const struct pair **set;
	size_t i, j, n, most = p->new->n_columns + p->old->n_columns;
	const struct key *old, *new;

	set = xcalloc(most, sizeof(*set));
	p->id = xcalloc(most, sizeof(*p->id));
	for (i = 0; i < p->new->n_keys; i++) {
		new = &p->new->key[i];
		for (j = 0; new->total && j < p->old->n_keys; j++) {
			old = &p->old->key[j];
			n = old->total ? join_keys(p, new, old, set) : 0;
			if (n == 0 || (p->n_id > 0 &&
			    cost(set, n) >= cost(p->id, p->n_id)))
				continue;
			memcpy(p->id, set, n * sizeof(*set));
			p->n_id = n;
			p->id_index = new->name;
		}
	}
	free(set);
	if (p->n_pairs == 0)
		p->n_id = 0;		/* and nothing is written */
	for (i = 0; i < p->n_id; i++) {
		if (!convert_distinct(p->id[i]->from, p->id[i]->to))
			p->merges = true;
		if (p->id[i]->to->generated)
			p->computes_id = true;
	}
	/* By a session of other settings a row may have been computed to
	 * another key than it gets now, which another row has. */
	if (p->computes_id)
		p->other_unique = true;
	if (p->n_id > 0)
		return 0;
	return no_identity(p, e);
}

static bool
is_identity(const struct plan *p, const struct key *k)
{
	size_t i;

	for (i = 0; i < k->n; i++)
		if (!has_pair(p->id, p->n_id,
		    pair_to(p, &p->new->column[k->part[i].column])))
			return false;
	return k->n == p->n_id;
}

/* Do the walking key's columns, unchanged, lead this key of the new table? */
static bool
leads(const struct plan *p, const struct key *k)
{
	size_t i;

	if (k->n < p->walk->n)
		return false;
	for (i = 0; i < p->walk->n; i++)
		if (p->walk_new[i] == NULL ||
		    !convert_ordered(&p->old->column[p->walk->part[i].column],
		    p->walk_new[i]) ||
		    &p->new->column[k->part[i].column] != p->walk_new[i])
			return false;
	return true;
}

static void
choose_ranges(struct plan *p)
{
	const struct pair *pr;
	size_t i;

	p->walk_new = xcalloc(p->walk->n, sizeof(*p->walk_new));
	for (i = 0; i < p->walk->n; i++) {
		pr = pair_from(p, &p->old->column[p->walk->part[i].column]);
		p->walk_new[i] = pr != NULL ? pr->to : NULL;
	}
	for (i = 0; i < p->new->n_keys; i++) {
		const struct key *k = &p->new->key[i];

		if (k->unique && (k->no_overlaps || !is_identity(p, k)))
			p->other_unique = true;
		if (k->no_overlaps)
			p->overlaps = true;
		if (!p->same_ranges && k->total && leads(p, k)) {
			p->same_ranges = true;
			p->new_index = k->name;
		}
	}
}

/*
 * Values can pass through a literal when it is converted as the column would
 * be.  A TIMESTAMP passes only in UTC, where no hour comes twice.
 */
static void
choose_values(struct plan *p)
{
	struct str ignored = STR_INIT;
	const struct pair *pr;
	size_t i;

	p->by_values = p->autoinc_lock && p->n_pairs > 0 &&
	    (p->zone == NULL || p->session & SESSION_UTC);
	for (i = 0; i < p->n_pairs && p->by_values; i++) {
		pr = &p->pair[i];
		if (pr->from == NULL)
			continue;
		p->by_values = convert_by_literal(pr->from, pr->to) &&
		    convert_literal(&ignored, pr->from);
	}
	str_free(&ignored);
}

/* May a trigger fire while a parent is about to change its key? */
static bool
updates_children(const struct server *s, const struct table *old)
{
	size_t i;

	for (i = 0; i < old->fkey.n && s->cascade_triggers; i++)
		if (!fkey_is_self(&old->fkey.key[i]) &&
		    same_text(old->fkey.key[i].on_update, "CASCADE"))
			return true;
	return false;
}

static void
begin(struct plan *p, const struct planner_input *in)
{
	const struct plan_options *options = in->options;
	static const struct dependents none = { FKEYS_INIT, FKEYS_INIT, NULL, 0
	    };
	static const struct fkeys nothing = FKEYS_INIT;

	memset(p, 0, sizeof(*p));
	p->names = *in->names;
	p->old = in->old;
	p->new = in->new;
	p->server = in->server;
	p->dependents = options->dependents != NULL ? options->dependents :
	    &none;
	p->added = options->added != NULL ? options->added : &nothing;
	p->is_apart = options->apart;
	/* A key that the ALTER adds holds before the swap. */
	p->unchecked = p->added->n == 0 && updates_children(in->server,
	    in->old);
	p->follow_children = options->follow_children;
	p->kept_in_step = options->kept_in_step;
	p->proves = options->proves;
	p->purges = options->purges;
	p->believes_new = options->believes_new;
	p->definer = options->definer;
	p->filter = options->filter;
	p->checksum = options->checksum;
	p->session = SESSION_INVALID_DATES;
}

/* Once the columns are paired. */
static int
decide(struct plan *p, const struct plan_options *options, struct err *e)
{
	if (choose_walk(p, options, e) != 0 ||
	    order_choose(p, options->chunk_index, e) != 0 ||
	    (!p->in_order && choose_identity(p, e) != 0) ||
	    by_key_choose(p, e) != 0 ||
	    time_zone_choose(p, e) != 0)
		return -1;
	choose_ranges(p);
	choose_values(p);
	threads_choose(p, options->threads);
	new_constraints_find(p);
	sync_triggers_render(p);
	sql_render(p);
	return quoting_check(p, e);
}

int
planner_make(struct plan *p, const struct planner_input *in, struct err *e)
{
	begin(p, in);
	p->sets_counter = in->alter->sets_auto_increment;
	if (mapping_make(p, in->alter, in->options, e) != 0 ||
	    apart_find(p, NULL, in->alter, e) != 0)
		return -1;
	if (decide(p, in->options, e) != 0)
		return -1;
	return cutover_script_render(p, in->alter, e);
}

int
planner_reverse(struct plan *p, const struct alter *alter,
    const struct plan_options *options, struct err *e)
{
	struct plan_options plain = { .checksum = options->checksum,
	    .threads = options->threads,
	    .apart = options->apart, .definer = options->definer };
	struct names names = p->names;
	const struct planner_input in = { .names = &names, .old = p->new,
	    .new = p->old, .server = p->server, .options = &plain };

	names_reverse(&names);
	p->back = xcalloc(1, sizeof(*p->back));
	begin(p->back, &in);
	p->back->complete = true;
	mapping_reverse(p->back, p, alter, &plain);
	if (apart_find(p->back, p, alter, e) != 0)
		return -1;
	return decide(p->back, &plain, e);
}

int
planner_take(struct plan *back, const struct dependents *dependents,
    const struct alter *alter, struct err *e)
{
	back->dependents = dependents;
	back->follow_children = true;
	return cutover_script_render(back, alter, e);
}

void
planner_free(struct plan *p)
{
	int i;

	if (p->back != NULL)
		planner_free(p->back);
	free(p->back);
	for (i = 0; i < N_TRIGGERS; i++)
		free(p->trigger[i].body);
	new_constraints_free(p);
	fkey_free(&p->apart);
	fkey_free(&p->apart_new);
	free(p->pair);
	free(p->dropped);
	free(p->walk_new);
	free(p->id);
	free(p->create_rejects);
	free(p->copy_head);
	free(p->hold_head);
	free(p->values_head);
	free(p->copy_tail);
	free(p->copy_tail_wait);
	free(p->checksum_old);
	free(p->checksum_new);
	free(p->missing);
	deferral_free(&p->deferral);
	free(p->swap);
	free(p->park);
	script_free(&p->script);
	memset(p, 0, sizeof(*p));
}
