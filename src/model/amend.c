#include "model/amend.h"

#include "model/pair.h"
#include "model/row_checksum.h"
#include "model/sql.h"
#include "model/value.h"

bool
amend_has_more(const struct plan *p)
{
	const struct column *c;
	size_t i;

	if (!p->complete)
		return false;
	for (i = 0; i < p->n_pairs; i++)
		if (p->pair[i].forth != NULL)
			return true;
	for (i = 0; i < p->new->n_columns; i++) {
		c = &p->new->column[i];
		if (!c->generated && pair_to(p, c) == NULL)
			return true;
	}
	return false;
}

/* The one table, and the other: "n LEFT JOIN o" or "o JOIN n". */
static void
add_tables(struct str *q, const struct plan *p, bool new_first)
{
	const struct qname *old = &p->names.old, *new = &p->names.shadow;
	size_t i;

	str_addf(q, "%s %c FORCE INDEX (%s) %s %s %c FORCE INDEX (%s) ON ",
	    new_first ? new->sql : old->sql, new_first ? 'n' : 'o',
	    new_first ? p->id_index.sql : p->walk->name.sql,
	    new_first ? "LEFT JOIN" : "JOIN",
	    new_first ? old->sql : new->sql, new_first ? 'o' : 'n',
	    new_first ? p->walk->name.sql : p->id_index.sql);
	for (i = 0; i < p->n_id; i++) {
		str_addf(q, "%sn.%s = ", i > 0 ? " AND " : "",
		    p->id[i]->to->name.sql);
		sql_key(q, p, p->id[i], "o");
	}
}

void
amend_delete(struct str *q, const struct plan *p, const struct bound *after,
    const struct bound *upto)
{
	str_addz(q, "DELETE n FROM ");
	add_tables(q, p, true);
	str_addf(q, " WHERE o.%s IS NULL AND ", p->id[0]->from->name.sql);
	sql_range(q, p, SIDE_NEW_ALIAS, after, upto);
}

/* A value that is held only in part stays, where that part is right. */
static void
add_value(struct str *q, const struct plan *p, const struct pair *pr)
{
	if (pr->forth == NULL) {
		value_render(q, p, pr, "o");
		return;
	}
	str_addz(q, "IF(");
	row_checksum_value(q, p, pr, true, "o");
	str_addz(q, " = ");
	row_checksum_value(q, p, pr, false, "n");
	str_addf(q, ", n.%s, ", pr->to->name.sql);
	value_render(q, p, pr, "o");
	str_addz(q, ")");
}

void
amend_update(struct str *q, const struct plan *p, const struct bound *after,
    const struct bound *upto)
{
	const char *before = "";
	size_t i;

	str_addz(q, "UPDATE ");
	add_tables(q, p, false);
	str_addz(q, " SET ");
	for (i = 0; i < p->n_pairs; i++) {
		if (p->pair[i].from == NULL)
			continue;
		str_addf(q, "%sn.%s = ", before, p->pair[i].to->name.sql);
		add_value(q, p, &p->pair[i]);
		before = ", ";
	}
	str_addz(q, " WHERE ");
	row_checksum_add(q, p, true, "o");
	str_addz(q, " <> ");
	row_checksum_add(q, p, false, "n");
	str_addz(q, " AND ");
	sql_range(q, p, SIDE_OLD_ALIAS, after, upto);
}
