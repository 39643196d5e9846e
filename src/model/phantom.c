/*
 * The server passes over a row only for a duplicate, a foreign key, or a
 * partition (whose columns are in each unique key); any other error ends the
 * statement, IGNORE or not.  So the row need not be looked at unless a column
 * of such a key changes; or one with ON UPDATE, and nothing else.
 *
 * It is looked for by OLD's key.  If it has got another one, it is gone from
 * there, since the key is unique and a trigger fires before the next row is
 * changed.  If it is there, these columns are as OLD has them, or as NEW.  But
 * where there are periods, a part that was split off may have got OLD's key
 * (split.h), and differs in any column.
 *
 * The row is the statement's own and locked by it.  So a locking read waits for
 * no session, and sees what is there now, not the snapshot of a transaction
 * that is older than the row's key.  (Under REPEATABLE READ it locks the gap
 * that a row leaves behind when it moves.)  When a comparison errs, NEW is
 * believed.
 */
#include "model/phantom.h"

#include <string.h>
#include <strings.h>

static bool
in_unique_key(const struct table *t, const struct column *c)
{
	const struct key *k;
	size_t i, j;

	for (i = 0; i < t->n_keys; i++) {
		k = &t->key[i];
		for (j = 0; k->unique && j < k->n; j++)
			if (&t->column[k->part[j].column] == c)
				return true;
	}
	return false;
}

/* In a key of the table's own, or in what another table references. */
static bool
in_foreign_key(const struct fkeys *f, bool own, const struct column *c)
{
	const struct ident *names;
	size_t i, j;

	for (i = 0; i < f->n; i++) {
		names = own ? f->key[i].column : f->key[i].referenced;
		for (j = 0; j < f->key[i].n; j++)
			if (strcasecmp(names[j].raw, c->name.raw) == 0)
				return true;
	}
	return false;
}

/*
 * Can a statement fail to change it, and pass over the row?  Keys come and go
 * while the old table is kept in step, and the triggers' text has to be known
 * again: there, any column is looked at.
 */
static bool
is_bound(const struct plan *p, const struct column *c)
{
	const struct fkeys *own = &p->old->fkey;

	if (p->complete)
		return !c->generated;
	return in_unique_key(p->old, c) || in_foreign_key(own, true, c) ||
	    in_foreign_key(own, false, c) ||
	    in_foreign_key(p->added, true, c) ||
	    in_foreign_key(&p->dependents->child, false, c);
}

static bool
is_renewed(const struct column *c)
{
	return strstr(c->extra, "on update") != NULL;
}

/* The column is the same in two rows, also when it is NULL in both. */
static void
add_same(struct str *q, const struct column *c, const char *one,
    const char *other)
{
	const char *name = c->name.sql;

	if (c->kind == KIND_TIME)
		/* Not by <=>, which in a subquery takes two equal TIMESTAMPs
		 * with a fraction for different ones.  And never NULL. */
		str_addf(q, c->nullable ? "COALESCE(%s.%s = %s.%s, %s.%s IS "
		    "NULL AND %s.%s IS NULL)" : "%s.%s = %s.%s", one, name,
		    other, name, one, name, other, name);
	else if (c->kind == KIND_TEXT)
		str_addf(q, "CAST(%s.%s AS BINARY) <=> CAST(%s.%s AS BINARY)",
		    one, name, other, name);
	else if (c->kind == KIND_BIT || c->kind == KIND_ENUM)
		str_addf(q, "%s.%s + 0 <=> %s.%s + 0", one, name, other,
		    name);
	else if (c->kind == KIND_OTHER || c->kind == KIND_JSON)
		str_addf(q, "SHA2(%s.%s, 224) <=> SHA2(%s.%s, 224)", one,
		    name, other, name);
	else
		str_addf(q, "%s.%s <=> %s.%s", one, name, other, name);
}

/* All columns of a sort are the same.  Returns how many these are. */
static size_t
add_all_same(struct str *q, const struct plan *p,
    bool (*is)(const struct plan *, const struct column *), const char *one,
    const char *other)
{
	const struct column *c;
	size_t i, n = 0;

	for (i = 0; i < p->old->n_columns; i++) {
		c = &p->old->column[i];
		if (!is(p, c))
			continue;
		str_addz(q, n++ > 0 ? " AND " : "");
		add_same(q, c, one, other);
	}
	return n;
}

static bool
is_watched(const struct plan *p, const struct column *c)
{
	return is_bound(p, c) || is_renewed(c) ||
	    (p->old->has_period && !c->generated);
}

static bool
is_written(const struct plan *p, const struct column *c)
{
	(void)p;
	return !is_renewed(c) && !c->generated;
}

static bool
is_renewed_too(const struct plan *p, const struct column *c)
{
	(void)p;
	return is_renewed(c);
}

bool
phantom_possible(const struct plan *p)
{
	return p->server->mariadb && !p->believes_new;
}

void
phantom_suspect(struct str *q, const struct plan *p)
{
	struct str written = STR_INIT, renewed = STR_INIT;

	str_addz(q, "NOT (");
	add_all_same(q, p, is_bound, "OLD", "NEW");
	str_addz(q, ")");
	if (add_all_same(&renewed, p, is_renewed_too, "OLD", "NEW") > 0) {
		add_all_same(&written, p, is_written, "OLD", "NEW");
		str_addf(q, " OR (NOT (%s) AND %s)", renewed.s, written.s);
	}
	str_free(&renewed);
	str_free(&written);
}

void
phantom_look(struct str *q, const struct plan *p)
{
	const char *name;
	size_t i;

	str_addf(q, " COUNT(*) FROM %s o WHERE ", p->names.old.sql);
	for (i = 0; i < p->n_id; i++) {
		name = p->id[i]->from->name.sql;
		str_addf(q, "o.%s = OLD.%s AND ", name, name);
	}
	add_all_same(q, p, is_watched, "o", "OLD");
}
