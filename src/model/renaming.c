#include "model/renaming.h"

#include <stdio.h>
#include <string.h>

#include "base/util.h"
#include "model/fkey.h"
#include "model/lex.h"

static bool
drops_constraint(const struct alter_item *it)
{
	return it->what == ALTER_DROP_FKEY || it->what == ALTER_DROP_CONSTRAINT;
}

/* What it may write is not in the new table? */
static bool
is_out_of_reach(const struct renaming *r, const struct fkey *k)
{
	size_t i;

	if (same_text(k->on_delete, "CASCADE"))
		return false;
	for (i = 0; i < k->n; i++)
		if (!alter_drops(r->alter, k->column[i].raw))
			return false;
	return true;
}

/*
 * Cascades reach the old table while it is copied, and fire no triggers: the
 * new table must have the same key until the end.
 */
static bool
is_for_later(const struct renaming *r, const struct alter_item *it)
{
	const struct fkey *k = drops_constraint(it) ?
	    fkey_find(&r->old->fkey, it->from.raw) : NULL;

	return k != NULL && fkey_cascades(k) && !is_out_of_reach(r, k);
}

bool
renaming_leaves(const struct renaming *r)
{
	size_t i;

	for (i = 0; i < r->alter->n; i++)
		if (is_for_later(r, &r->alter->item[i]))
			return true;
	return false;
}

/* Is the clause one that does nothing where the name is there (MariaDB)? */
static bool
says_if(const struct renaming *r, const struct alter_item *it)
{
	struct lex l = { 0 };
	bool found = false;
	size_t i, end;

	if (alter_scan(&l, r->alter->text, db_server(r->db)))
		for (alter_clause_tokens(&l, &r->alter->clause[it->clause], &i,
		    &end); i < end && !found; i++)
			found = lex_is(&l, i, "IF");
	lex_free(&l);
	return found;
}

/* Has another table of the database a foreign key of that name? */
static int
is_taken(const struct renaming *r, const char *name, struct err *e)
{
	unsigned long long found = 0;
	struct str q = STR_INIT;
	int rc;

	str_addz(&q, "CONSTRAINT_SCHEMA = ");
	db_literal(&q, r->db, r->names->old.db.raw);
	str_addz(&q, " AND CONSTRAINT_NAME = ");
	db_literal(&q, r->db, name);
	rc = db_number(r->db, &found, e, "SELECT COUNT(*) FROM "
	    "information_schema.REFERENTIAL_CONSTRAINTS WHERE %s", q.s);
	str_free(&q);
	return rc != 0 ? -1 : found > 0;
}

/*
 * A foreign key's name is unique in the database.  One that will be free has a
 * stand-in; any other is left as it is, so that the server says that it is
 * taken, and not in the swap.
 */
static int
name_of_added(const struct renaming *r, const struct alter_item *it,
    struct ident *to, struct err *e)
{
	bool known = fkey_find(&r->old->fkey, it->from.raw) != NULL;
	int taken;

	if (it->from.raw[0] == '\0')
		return 0;
	if (known && !alter_drops_fkey(r->alter, it->from.raw)) {
		if (!says_if(r, it))
			return 0;
		fkey_stand_in(to, it->from.raw);
		return 1;
	}
	if (!known && !same_text(it->parent.raw, r->old->name.table.raw))
		return 0;
	taken = known ? 0 : is_taken(r, it->from.raw, e);
	if (taken != 0)
		return taken < 0 ? -1 : 0;
	alter_stand_in(to, it);
	return 1;
}

/* The name that a constraint has on the shadow: 1; or as it is: 0. */
static int
name_on_shadow(const struct renaming *r, const struct alter_item *it,
    struct ident *to, struct err *e)
{
	bool mariadb = db_server(r->db)->mariadb;
	bool known = fkey_find(&r->old->fkey, it->from.raw) != NULL;

	if (it->what == ALTER_ADD_FKEY)
		return name_of_added(r, it, to, e);
	/* There no CHECK is called like a foreign key of its table. */
	if (known && (drops_constraint(it) || (mariadb &&
	    it->what == ALTER_ADD_CHECK &&
	    !alter_drops_fkey(r->alter, it->from.raw)))) {
		fkey_stand_in(to, it->from.raw);
		return 1;
	}
	/* On MariaDB CHECKs keep their names.  One that is dropped and added
	 * again has the other name until the end. */
	if ((it->what != ALTER_DROP_CONSTRAINT && it->what != ALTER_CHECK &&
	    it->what != ALTER_ADD_CHECK) || mariadb)
		return 0;
	return check_names_find(r->checks, r->db, r->names, it->from.raw, to,
	    e);
}

/* A part of the text, with the names that constraints have on the shadow. */
static int
add_part(struct str *q, const struct renaming *r, size_t from, size_t to,
    struct err *e)
{
	const struct alter_item *it;
	struct ident name;
	size_t i;
	int rc;

	for (i = 0; i < r->alter->n; i++) {
		it = &r->alter->item[i];
		if (it->at < from || it->at >= to)
			continue;
		rc = name_on_shadow(r, it, &name, e);
		if (rc < 0)
			return -1;
		if (rc == 0)
			continue;
		str_add(q, r->alter->text + from, it->at - from);
		str_addz(q, name.sql);
		from = it->at + it->len;
	}
	str_add(q, r->alter->text + from, to - from);
	return 0;
}

/* The clauses that are not for later; none at all may be left. */
static int
add_clauses(struct str *q, const struct renaming *r, struct err *e)
{
	const struct alter_clause *c;
	bool later, any = false;
	size_t i, j;

	for (i = 0; i < r->alter->n_clauses; i++) {
		c = &r->alter->clause[i];
		later = false;
		for (j = 0; j < r->alter->n; j++)
			if (r->alter->item[j].clause == i)
				later = is_for_later(r, &r->alter->item[j]);
		if (later)
			continue;
		if (any)
			str_addz(q, ", ");
		any = true;
		if (add_part(q, r, c->at, c->at + c->len, e) != 0)
			return -1;
	}
	return 0;
}

int
renaming_alter(struct str *q, const struct renaming *r, struct err *e)
{
	return r->alter->how == NULL && renaming_leaves(r) ?
	    add_clauses(q, r, e) :
	    add_part(q, r, 0, strlen(r->alter->text), e);
}

/* In the place of 'was' in the message, the other name. */
static void
replace_name(struct err *e, const char *was, const char *name)
{
	struct str quoted = STR_INIT, all = STR_INIT;
	const char *at;

	str_addf(&quoted, "'%s'", was);
	at = strstr(e->text, quoted.s);
	if (at != NULL) {
		str_add(&all, e->text, (size_t)(at - e->text));
		str_addf(&all, "'%s'%s", name, at + quoted.len);
		snprintf(e->text, sizeof(e->text), "%s", all.s);
	}
	str_free(&quoted);
	str_free(&all);
}

void
renaming_explain(const struct renaming *r, struct err *e)
{
	struct err ignored = { .kind = ERR_NONE };
	const struct alter_item *it;
	struct ident name;
	size_t i;

	if (e->kind != ERR_SQL)
		return;
	for (i = 0; i < r->alter->n; i++) {
		it = &r->alter->item[i];
		if (it->from.raw[0] != '\0' &&
		    name_on_shadow(r, it, &name, &ignored) == 1)
			replace_name(e, name.raw, it->from.raw);
	}
}
