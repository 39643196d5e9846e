#include "model/aim.h"

#include <stdlib.h>
#include <string.h>

#include "base/summary.h"
#include "base/util.h"
#include "model/table_options.h"

/* Keys and constraints: which of the old one stay. */
struct pairing {
	const struct aim *a;
	const struct structure_item **old;	/* for each of the new table's
						   the one that stays it */
	bool *taken;				/* of the old table's */
};

static bool
is_in(const struct structure *s, size_t i)
{
	return s->item[i].kind != STRUCTURE_COLUMN;
}

/* Has the user given it a name, or does the server make one? */
static bool
is_named(const struct aim *a, const struct structure_item *it)
{
	size_t i;

	if (it->kind == STRUCTURE_KEY)
		return true;
	if (it->kind == STRUCTURE_CHECK && a->server->mariadb)
		return strncmp(it->name.raw, "CONSTRAINT_", 11) != 0;
	for (i = 0; i < a->wanted->n_names; i++)
		if (same_text(a->wanted->name[i].from.raw, it->name.raw))
			return true;
	return false;
}

/* The servers rename columns in no expression of another part. */
static bool
is_stuck(const struct structure_item *was, bool renamed)
{
	return renamed && (was->kind == STRUCTURE_CHECK ||
	    (was->kind == STRUCTURE_KEY && strstr(was->text, "( (") != NULL));
}

/* Is the old one what the new one is, but for the name? */
static bool
is_same(const struct aim *a, const struct structure_item *was,
    const struct structure_item *is)
{
	struct str text = STR_INIT;
	bool renamed, same;

	if (was->kind != is->kind)
		return false;
	renamed = aim_columns_follow(&text, a, was);
	same = strcmp(text.s, is->text) == 0 && !is_stuck(was, renamed);
	str_free(&text);
	return same;
}

/*
 * MySQL has a CHECK's name once in a database, so one that was copied has an
 * underscore more, or less.
 */
static bool
is_copied_name(const char *was, const char *is)
{
	return strcmp(was + strspn(was, "_"), is + strspn(is, "_")) == 0;
}

static bool
may_be_called(const struct aim *a, const struct structure_item *was,
    const struct structure_item *is, bool by_name)
{
	if (strcmp(was->name.raw, is->name.raw) == 0)
		return true;
	if (by_name)
		return false;
	/* A primary key has no name; a key is renamed. */
	if (is->kind == STRUCTURE_KEY)
		return was->name.raw[0] != '\0' && is->name.raw[0] != '\0';
	return is->kind == STRUCTURE_FKEY || !is_named(a, is) ||
	    (!a->server->mariadb &&
	    is_copied_name(was->name.raw, is->name.raw));
}

static void
pair_one(struct pairing *p, size_t i, bool by_name)
{
	const struct structure *was = p->a->old;
	const struct structure_item *is = &p->a->new->item[i];
	size_t k;

	for (k = 0; k < was->n && p->old[i] == NULL; k++) {
		if (p->taken[k] || !is_in(was, k) ||
		    !may_be_called(p->a, &was->item[k], is, by_name) ||
		    !is_same(p->a, &was->item[k], is))
			continue;
		p->old[i] = &was->item[k];
		p->taken[k] = true;
	}
}

/* Those of the same name first. */
static void
pair_all(struct pairing *p)
{
	const struct structure *is = p->a->new;
	size_t i;

	p->old = xcalloc(is->n + 1, sizeof(*p->old));
	p->taken = xcalloc(p->a->old->n + 1, sizeof(*p->taken));
	for (i = 0; i < is->n; i++)
		if (is_in(is, i))
			pair_one(p, i, true);
	for (i = 0; i < is->n; i++)
		if (is_in(is, i))
			pair_one(p, i, false);
}

static void
drop_one(struct str *out, const struct aim *a,
    const struct structure_item *it)
{
	aim_columns_comma(out);
	if (it->kind == STRUCTURE_KEY && it->name.raw[0] == '\0')
		str_addz(out, "DROP PRIMARY KEY");
	else
		str_addf(out, "DROP %s %s", it->kind == STRUCTURE_KEY ?
		    "INDEX" : it->kind == STRUCTURE_FKEY ? "FOREIGN KEY" :
		    a->server->mariadb ? "CONSTRAINT" : "CHECK",
		    it->name.sql);
}

static void
add_one(struct str *out, const struct aim *a, size_t i)
{
	const struct structure_item *it = &a->new->item[i];
	const char *text = it->whole;

	if (!is_named(a, it))
		text += strlen("CONSTRAINT ") + strlen(it->name.sql) + 1;
	aim_columns_comma(out);
	str_addf(out, "ADD %s", text);
}

/* Options, and last partitions; *lost is what cannot be taken away. */
static void
add_options(struct str *out, const struct structure *was,
    const struct structure *is, struct str *lost)
{
	struct summary s = { .name = NULL };
	const struct summary_item *it;
	size_t i;

	table_options_back(&s.back, &s.lost, is->tail, was->tail);
	for (i = 0; i < s.back.n; i++) {
		it = &s.back.item[i];
		str_addf(out, "%s%s", out->len == 0 ? "" :
		    strcmp(it->kind, "partitions") == 0 ? " " : ", ",
		    it->text);
	}
	for (i = 0; i < s.lost.n; i++)
		str_addf(lost, "%s%s", lost->len > 0 ? ", " : "",
		    s.lost.item[i].text);
	summary_free(&s);
}

static int
drop_some(struct str *out, const struct pairing *p, struct err *e)
{
	const struct structure *was = p->a->old;
	size_t i;

	for (i = 0; i < was->n; i++) {
		if (!is_in(was, i) || p->taken[i])
			continue;
		if (was->item[i].kind == STRUCTURE_OTHER)
			return err_set(e, ERR_REFUSED, "--to: no period is "
			    "added, changed or dropped");
		drop_one(out, p->a, &was->item[i]);
	}
	return 0;
}

static int
add_some(struct str *out, const struct pairing *p, struct err *e)
{
	const struct structure *is = p->a->new;
	const struct structure_item *it;
	size_t i;

	for (i = 0; i < is->n; i++) {
		it = &is->item[i];
		if (!is_in(is, i))
			continue;
		if (p->old[i] == NULL && it->kind == STRUCTURE_OTHER)
			return err_set(e, ERR_REFUSED, "--to: no period is "
			    "added, changed or dropped");
		if (p->old[i] == NULL) {
			add_one(out, p->a, i);
		} else if (it->kind == STRUCTURE_KEY &&
		    strcmp(p->old[i]->name.raw, it->name.raw) != 0) {
			aim_columns_comma(out);
			str_addf(out, "RENAME INDEX %s TO %s",
			    p->old[i]->name.sql, it->name.sql);
		}
	}
	return 0;
}

static int
derive(struct str *out, const struct pairing *p, bool exact, struct err *e)
{
	struct str lost = STR_INIT;
	int rc;

	str_reset(out);
	if (drop_some(out, p, e) != 0)
		return -1;
	aim_columns_add(out, p->a, exact);
	if (add_some(out, p, e) != 0)
		return -1;
	add_options(out, p->a->old, p->a->new, &lost);
	if (lost.len > 0)
		err_set(e, ERR_REFUSED, "--to: %s", lost.s);
	rc = lost.len > 0 ? -1 : 0;
	str_free(&lost);
	return rc;
}

/* What is only shown otherwise is no reason for an ALTER, but goes with it. */
int
aim_alter(struct str *out, const struct aim *a, struct err *e)
{
	struct pairing p = { .a = a };
	int rc;

	pair_all(&p);
	rc = derive(out, &p, false, e);
	if (rc == 0 && out->len > 0)
		rc = derive(out, &p, true, e);
	free(p.old);
	free(p.taken);
	return rc;
}

/* Has the other one such a part?  CHECKs have other names until the swap. */
static bool
has(const struct structure *s, const struct structure_item *it)
{
	size_t i;

	for (i = 0; i < s->n; i++)
		if (s->item[i].kind == it->kind &&
		    strcmp(s->item[i].text, it->text) == 0 &&
		    (it->kind == STRUCTURE_CHECK ||
		    strcmp(s->item[i].name.raw, it->name.raw) == 0))
			return true;
	return false;
}

/* Which part of the one has the other not?  NULL: none. */
static const struct structure_item *
missing(const struct structure *of, const struct structure *in)
{
	size_t i;

	for (i = 0; i < of->n; i++)
		if (of->item[i].kind != STRUCTURE_FKEY &&
		    !has(in, &of->item[i]))
			return &of->item[i];
	return NULL;
}

/* Are the columns, which come first, in that order? */
static bool
same_order(const struct structure *a, const struct structure *b)
{
	size_t i;

	for (i = 0; i < a->n && a->item[i].kind == STRUCTURE_COLUMN; i++)
		if (i >= b->n || strcmp(a->item[i].name.raw,
		    b->item[i].name.raw) != 0)
			return false;
	return true;
}

int
aim_reached(const struct aim *a, const struct structure *is, struct err *e)
{
	const struct structure_item *it = missing(a->new, is);
	struct str q = STR_INIT, lost = STR_INIT;

	if (it == NULL)
		it = missing(is, a->new);
	add_options(&q, is, a->new, &lost);
	if (it != NULL)
		err_set(e, ERR_REFUSED, "--to: the server makes %s of %s",
		    it->text, it->name.raw[0] != '\0' ? it->name.sql :
		    "the primary key");
	else if (q.len > 0 || lost.len > 0)
		err_set(e, ERR_REFUSED, "--to: the server does not make it %s",
		    q.len > 0 ? q.s : lost.s);
	else if (!same_order(a->new, is))
		err_set(e, ERR_REFUSED, "--to: the server makes another order "
		    "of the columns");
	str_free(&q);
	str_free(&lost);
	return e->kind == ERR_NONE ? 0 : err_hint(e, "an ALTER of this table "
	    "cannot make it as the file has it; change it in two steps");
}
