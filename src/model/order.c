#include "model/order.h"

#include <string.h>

#include "base/util.h"
#include "model/convert.h"
#include "model/ddl.h"
#include "model/pair.h"
#include "model/sql.h"
#include "model/value.h"

/* A unique key of just this column, in ascending order; or NULL. */
static const struct key *
key_of(const struct table *t, const struct column *c)
{
	const struct key *k;
	size_t i;

	for (i = 0; i < t->n_keys; i++) {
		k = &t->key[i];
		if (k->total && k->unique && k->n == 1 &&
		    &t->column[k->part[0].column] == c &&
		    !k->part[0].descending)
			return k;
	}
	return NULL;
}

static int
refuse_reverse(struct err *e)
{
	err_set(e, ERR_REFUSED, "--reversible: after the swap the triggers "
	    "would write to a table whose document IDs (FTS_DOC_ID) the "
	    "application gives, and InnoDB accepts such rows in ascending "
	    "order only");
	return err_hint(e, "omit --reversible");
}

/* Its cascades fire no triggers, so that no session would note the rows. */
static int
check_cascades(const struct plan *p, struct err *e)
{
	size_t i;

	for (i = 0; i < p->old->fkey.n; i++)
		if (fkey_is_self(&p->old->fkey.key[i]) &&
		    fkey_cascades(&p->old->fkey.key[i])) {
			err_set(e, ERR_REFUSED, "the application gives the "
			    "document IDs (FTS_DOC_ID), and foreign key %s "
			    "cascades within the table: no trigger sees that",
			    p->old->fkey.key[i].name.sql);
			return err_hint(e, "drop the foreign key first and "
			    "add it afterwards, or use ALTER TABLE");
		}
	return 0;
}

static int
check_source(const struct pair *pr, struct err *e)
{
	if (pr != NULL && convert_ordered(pr->from, pr->to))
		return 0;
	err_set(e, ERR_REFUSED, "the ALTER makes the document IDs "
	    "(FTS_DOC_ID) of a FULLTEXT key, and the rows of the old table "
	    "have none of that type yet");
	return err_hint(e, "add the column with its values first and the "
	    "FULLTEXT key afterwards, or use ALTER TABLE");
}

static int
take_keys(struct plan *p, const struct pair *pr, struct err *e)
{
	const struct key *old = key_of(p->old, pr->from);
	const struct key *new = key_of(p->new, pr->to);

	if (old == NULL || new == NULL) {
		err_set(e, ERR_NO_KEY, "the application gives the document "
		    "IDs (FTS_DOC_ID) of a FULLTEXT key, and the %s table has "
		    "no unique key of that column alone to copy the rows in "
		    "their order", old == NULL ? plan_here(p) :
		    plan_there(p));
		return err_hint(e, "add UNIQUE KEY FTS_DOC_ID_INDEX "
		    "(FTS_DOC_ID) first");
	}
	p->walk = old;
	p->id = xcalloc(1, sizeof(*p->id));
	p->id[0] = pr;
	p->n_id = 1;
	p->id_index = new->name;
	return 0;
}

int
order_choose(struct plan *p, const char *chunk_index, struct err *e)
{
	const struct column *c = table_column(p->new, "FTS_DOC_ID");
	const struct pair *pr;

	if (c == NULL || p->new->create == NULL ||
	    !ddl_has_fulltext(p->new->create))
		return 0;
	if (p->complete || p->kept_in_step)
		return refuse_reverse(e);
	pr = pair_to(p, c);
	if (check_source(pr, e) != 0 || check_cascades(p, e) != 0 ||
	    take_keys(p, pr, e) != 0)
		return -1;
	if (chunk_index != NULL && !same_text(chunk_index, p->walk->name.raw))
		return err_set(e, ERR_USAGE, "--chunk-index: rows with "
		    "document IDs of the application (FTS_DOC_ID) are copied "
		    "in the order of %s", p->walk->name.sql);
	p->in_order = true;
	/* No other session inserts into it. */
	p->autoinc_lock = false;
	return 0;
}

/* FROM, of a base table only: see REGISTRY_OURS. */
static void
add_rejects(struct str *q, const struct plan *p)
{
	str_addf(q, "%s FORCE INDEX (PRIMARY)", p->names.rejects.sql);
}

static void
add_old(struct str *q, const struct plan *p)
{
	str_addf(q, "%s FORCE INDEX (%s)", p->names.old.sql,
	    p->walk->name.sql);
}

static void
add_new(struct str *q, const struct plan *p)
{
	str_addf(q, "%s FORCE INDEX (%s)", p->names.shadow.sql,
	    p->id_index.sql);
}

/* Under LOCK TABLES a table is to be had by its name, and by no other. */
static void
add_match(struct str *q, const struct plan *p)
{
	str_addf(q, " ON %s.%s = %s.%s", p->names.shadow.sql,
	    p->id[0]->to->name.sql, p->names.old.sql,
	    p->id[0]->from->name.sql);
}

static void
add_which(struct str *q, const struct qname *table, const struct column *c,
    const char *ids)
{
	str_addf(q, " WHERE %s.%s IN (%s)", table->sql, c->name.sql, ids);
}

void
order_noted(struct str *q, const struct plan *p, unsigned long long after,
    unsigned int limit)
{
	str_addz(q, "SELECT DISTINCT doc_id FROM ");
	add_rejects(q, p);
	str_addf(q, " WHERE doc_id > %llu ORDER BY doc_id LIMIT %u", after,
	    limit);
}

void
order_hold(struct str *q, const struct plan *p, const char *ids, bool waits)
{
	str_addz(q, p->hold_head);
	str_addf(q, "%s IN (%s)%s", p->id[0]->from->name.sql, ids,
	    waits ? p->copy_tail_wait : p->copy_tail);
}

void
order_write(struct str *q, const struct plan *p, const char *ids)
{
	const char *before = " SET ";
	const struct pair *pr;
	size_t i;

	str_addz(q, "UPDATE ");
	add_new(q, p);
	str_addz(q, " JOIN ");
	add_old(q, p);
	add_match(q, p);
	for (i = 0; i < p->n_pairs; i++) {
		pr = &p->pair[i];
		if (pr->from == NULL || pr == p->id[0])
			continue;
		str_addf(q, "%s%s.%s = ", before, p->names.shadow.sql,
		    pr->to->name.sql);
		value_render(q, p, pr, p->names.old.sql);
		before = ", ";
	}
	add_which(q, &p->names.old, p->id[0]->from, ids);
}

void
order_delete(struct str *q, const struct plan *p, const char *ids)
{
	str_addf(q, "DELETE FROM %s USING ", p->names.shadow.sql);
	add_new(q, p);
	str_addz(q, " LEFT JOIN ");
	add_old(q, p);
	add_match(q, p);
	add_which(q, &p->names.shadow, p->id[0]->to, ids);
	str_addf(q, " AND %s.%s IS NULL", p->names.old.sql,
	    p->id[0]->from->name.sql);
}

void
order_forget(struct str *q, const struct plan *p, const char *ids)
{
	str_addf(q, "DELETE FROM %s USING ", p->names.rejects.sql);
	add_rejects(q, p);
	str_addf(q, " WHERE doc_id IN (%s)", ids);
}

void
order_late(struct str *q, const struct plan *p, const char *ids,
    const char *frontier)
{
	const char *id = p->id[0]->from->name.sql;

	str_addf(q, "SELECT %s.%s FROM ", p->names.old.sql, id);
	add_old(q, p);
	str_addz(q, " LEFT JOIN ");
	add_new(q, p);
	add_match(q, p);
	add_which(q, &p->names.old, p->id[0]->from, ids);
	str_addf(q, " AND %s.%s <= %s AND %s.%s IS NULL LIMIT 1",
	    p->names.old.sql, id, frontier, p->names.shadow.sql,
	    p->id[0]->to->name.sql);
}

void
order_frontier(struct str *q, const struct plan *p)
{
	const char *id = p->id[0]->to->name.sql;

	str_addf(q, "SELECT %s FROM ", id);
	add_new(q, p);
	str_addf(q, " ORDER BY %s DESC LIMIT 1", id);
}
