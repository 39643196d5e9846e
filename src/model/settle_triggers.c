#include "model/settle_triggers.h"

#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "model/standin.h"

static void
drop_trigger(struct settle_list *l, const struct settle_view *v,
    const struct ident *name)
{
	struct str q = STR_INIT;

	str_addf(&q, "DROP TRIGGER IF EXISTS %s.%s", v->names->old.db.sql,
	    name->sql);
	settle_list_add(l, &q);
}

/* Has the text got a ";" that it had not when the migration began? */
static bool
is_longer(const struct settle_view *v, const char *text, const char *name)
{
	const char *list = v->pairs;
	struct standin p;
	bool longer = false;

	while (standin_next(&p, &list)) {
		longer = longer || (strcmp(p.kind, STANDIN_TRIGGER) == 0 &&
		    same_text(p.name, name) && p.end[0] == '\0');
		standin_free(&p);
	}
	standin_free(&p);
	return longer && standin_end(text) < strlen(text);
}

/*
 * The CREATE, with the names written as they once were, as far as that is
 * known and is nothing but these names.
 */
static void
write_names(struct user_trigger_form *form, struct standin *p,
    const struct settle_view *v, const struct user_trigger *t,
    const struct ident *name)
{
	const char *list = v->pairs;
	struct qname full;
	bool found = false;

	qname_beside(&full, &v->names->old, name);
	while (!found && standin_next(p, &list)) {
		found = strcmp(p->kind, STANDIN_TRIGGER) == 0 &&
		    same_text(p->name, name->raw);
		if (!found)
			standin_free(p);
	}
	if (found && standin_writes(p->written, t, &full))
		form->name = p->written;
	if (found && standin_writes(p->table, t, &v->names->old))
		form->table = p->table;
}

/* One like it, on the user's table, before that one; or as the last. */
static void
make_trigger(struct settle_list *l, const struct settle_view *v,
    const struct user_trigger *t, const struct ident *name,
    const struct user_trigger *next)
{
	struct user_trigger_form form = { .mariadb = v->mariadb,
	    .alone = true };
	struct user_trigger whole = *t;
	struct str q = STR_INIT;
	struct standin p;

	/* A stand-in's own name is the same in every character set. */
	form.name = same_text(t->name.raw, name->raw) ? t->name_sql :
	    t->new_sql != NULL ? t->new_sql : name->sql;
	form.table = t->table_sql;
	form.next = next != NULL ? user_trigger_next(t, next) : NULL;
	whole.create = xstrndup(t->create, is_longer(v, t->create, name->raw) ?
	    standin_end(t->create) : strlen(t->create));
	write_names(&form, &p, v, t, name);
	user_trigger_before(&q, t);
	settle_list_add(l, &q);
	user_trigger_create(&q, &whole, &form);
	settle_list_add(l, &q);
	user_trigger_after(&q);
	settle_list_add(l, &q);
	standin_free(&p);
	free(whole.create);
}

static const struct user_trigger *
find_trigger(const struct dependents *k, const char *name)
{
	size_t i;

	for (i = 0; i < k->n_triggers; i++)
		if (same_text(k->trigger[i].name.raw, name))
			return &k->trigger[i];
	return NULL;
}

bool
settle_triggers_has(const struct dependents *k, const char *name)
{
	return find_trigger(k, name) != NULL;
}

/* Is it a stand-in, and whose? */
static bool
is_trigger(struct ident *to, const struct settle_view *v,
    const struct user_trigger *t)
{
	return standin_real(to, v->pairs, STANDIN_TRIGGER, t->name.raw);
}

static void
drop_stand_ins(struct settle_list *l, const struct settle_view *v)
{
	const struct dependents *there = v->dependents_there;
	struct ident name;
	size_t i;

	for (i = 0; i < there->n_triggers; i++)
		if (is_trigger(&name, v, &there->trigger[i]))
			drop_trigger(l, v, &there->trigger[i].name);
}

/* All from the first on that the table lacks, so that they keep their order. */
void
settle_triggers_back(struct settle_list *l, const struct settle_view *v)
{
	const struct user_trigger *t;
	struct ident name;
	bool again = false;
	size_t i;

	for (i = 0; i < v->dependents_there->n_triggers; i++) {
		t = &v->dependents_there->trigger[i];
		if (!is_trigger(&name, v, t))
			continue;
		again = again || !settle_triggers_has(v->dependents_here,
		    name.raw);
		if (again) {
			drop_trigger(l, v, &name);
			make_trigger(l, v, t, &name, NULL);
		}
	}
	drop_stand_ins(l, v);
}

/*
 * On MySQL, the old table has a stand-in of each before one of them goes.  From
 * then on the order is theirs.
 */
static bool
have_gone(const struct settle_view *v)
{
	const struct dependents *there = v->dependents_there;
	struct ident name;
	size_t i;

	for (i = 0; i < there->n_triggers; i++)
		if (is_trigger(&name, v, &there->trigger[i]) &&
		    !settle_triggers_has(there, name.raw))
			return true;
	return false;
}

/*
 * It went with the old table when that was renamed.  Its name is free only when
 * it is gone, and until then another one has its text.  One on the table itself
 * is MariaDB's, and gets its name later.
 */
static void
move_trigger(struct settle_list *l, const struct settle_view *v,
    const struct user_trigger *t)
{
	struct ident other;
	bool here, there;

	user_trigger_stand_in(&other, t);
	here = settle_triggers_has(v->dependents_here, other.raw);
	there = settle_triggers_has(v->dependents_there, other.raw);
	if (!here && !there)
		make_trigger(l, v, t, &other, NULL);
	drop_trigger(l, v, &t->name);
	if (here || (there && have_gone(v)))
		return;
	make_trigger(l, v, t, &t->name, NULL);
	if (!there)
		drop_trigger(l, v, &other);
}

/* The first of those on the table that fire after that one of the other. */
static const struct user_trigger *
next_here(const struct settle_view *v, size_t i)
{
	const struct dependents *there = v->dependents_there;
	const struct user_trigger *t = &there->trigger[i], *next;
	struct ident name;

	for (i++; i < there->n_triggers; i++) {
		next = &there->trigger[i];
		if (!same_text(t->event, next->event) ||
		    !same_text(t->timing, next->timing) ||
		    !is_trigger(&name, v, next))
			continue;
		next = find_trigger(v->dependents_here, name.raw);
		if (next != NULL)
			return next;
	}
	return NULL;
}

/* What is there as a stand-in only, with the name that this stands for. */
static void
name_triggers(struct settle_list *l, const struct settle_view *v)
{
	const struct dependents *there = v->dependents_there;
	const struct dependents *here = v->dependents_here;
	struct ident name;
	size_t i;

	for (i = 0; i < there->n_triggers; i++)
		if (is_trigger(&name, v, &there->trigger[i]) &&
		    !settle_triggers_has(here, name.raw) && have_gone(v))
			make_trigger(l, v, &there->trigger[i], &name,
			    next_here(v, i));
	for (i = 0; i < here->n_triggers; i++) {
		if (!is_trigger(&name, v, &here->trigger[i]))
			continue;
		if (!settle_triggers_has(here, name.raw))
			make_trigger(l, v, &here->trigger[i], &name, NULL);
		drop_trigger(l, v, &here->trigger[i].name);
	}
}

/* The one that fires after it, of its kind; or NULL. */
static const struct user_trigger *
next_trigger(const struct dependents *k, size_t i)
{
	const struct user_trigger *t = &k->trigger[i], *next = t + 1;

	return i + 1 < k->n_triggers && same_text(t->event, next->event) &&
	    same_text(t->timing, next->timing) ? next : NULL;
}

/*
 * MySQL takes the ";" of a packet for a part of the trigger before it; those
 * that got one are made again, each in its place.
 */
static void
shorten_triggers(struct settle_list *l, const struct settle_view *v)
{
	const struct dependents *here = v->dependents_here;
	const struct user_trigger *t;
	size_t i;

	for (i = 0; i < here->n_triggers; i++) {
		t = &here->trigger[i];
		if (!is_longer(v, t->create, t->name.raw))
			continue;
		drop_trigger(l, v, &t->name);
		make_trigger(l, v, t, &t->name, next_trigger(here, i));
	}
}

void
settle_triggers_move(struct settle_list *l, const struct settle_view *v)
{
	const struct dependents *there = v->dependents_there;
	struct ident name;
	size_t i;

	for (i = 0; i < there->n_triggers; i++)
		if (!is_trigger(&name, v, &there->trigger[i]))
			move_trigger(l, v, &there->trigger[i]);
	/* Before others are made that come after these. */
	shorten_triggers(l, v);
	name_triggers(l, v);
	drop_stand_ins(l, v);
}
