#include "model/cutover_script.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/str.h"
#include "base/util.h"
#include "model/alter.h"
#include "model/cutover_fkeys.h"
#include "model/fkey.h"
#include "model/dependents.h"
#include "model/pair.h"
#include "model/plan.h"
#include "model/script.h"
#include "model/sync_triggers.h"

static bool
has_table(const struct qname *const *set, size_t n, const struct qname *t)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (strcmp(set[i]->sql, t->sql) == 0)
			return true;
	return false;
}

static void
add_table(const struct qname ***set, size_t *n, const struct qname *t)
{
	if (has_table(*set, *n, t))
		return;
	*set = xrealloc(*set, *n + 1, sizeof(**set));
	(*set)[(*n)++] = t;
}

static void
add_parents(struct plan *p, const struct fkeys *f)
{
	struct script *c = &p->script;
	size_t i;

	for (i = 0; i < f->n; i++)
		if (strcmp(f->key[i].parent.sql, p->names.old.sql) != 0 &&
		    !has_table(c->child, c->n_children, &f->key[i].parent) &&
		    !has_table(c->grandchild, c->n_grandchildren,
		    &f->key[i].parent))
			add_table(&c->parent, &c->n_parents,
			    &f->key[i].parent);
}

static void
find_tables(struct plan *p)
{
	struct script *c = &p->script;
	size_t i;

	for (i = 0; p->follow_children && i < p->dependents->child.n; i++)
		add_table(&c->child, &c->n_children,
		    &p->dependents->child.key[i].child);
	for (i = 0; c->n_children > 0 && i < p->dependents->grandchild.n; i++)
		if (strcmp(p->dependents->grandchild.key[i].child.sql,
		    p->names.old.sql) != 0 && !has_table(c->child,
		    c->n_children, &p->dependents->grandchild.key[i].child))
			add_table(&c->grandchild, &c->n_grandchildren,
			    &p->dependents->grandchild.key[i].child);
	add_parents(p, &p->old->fkey);
	add_parents(p, p->added);
}

/* What the referenced columns are called now. */
static int
map_referenced(const struct plan *p, const struct fkey *k, struct ident *to,
    struct err *e)
{
	const struct column *c;
	const struct pair *pr;
	size_t i;

	for (i = 0; i < k->n; i++) {
		c = table_column(p->old, k->referenced[i].raw);
		pr = c != NULL ? pair_from(p, c) : NULL;
		if (pr == NULL)
			return err_set(e, ERR_REFUSED, "column %s is "
			    "referenced by foreign key %s of %s",
			    k->referenced[i].sql, k->name.sql, k->child.sql);
		to[i] = pr->to->name;
	}
	return 0;
}

static int
check_index(const struct plan *p, const struct fkey *k,
    const struct ident *columns, struct err *e)
{
	const struct key *was = table_leading(p->old, k->referenced, k->n);

	if (table_leading(p->new, columns, k->n) != NULL || was == NULL)
		return 0;
	return err_set(e, ERR_REFUSED, "key %s is needed by foreign key %s of "
	    "%s", was->name.sql, k->name.sql, k->child.sql);
}

int
cutover_script_child_key(struct str *q, const struct plan *p,
    const struct fkey *k, const struct ident *name, const struct qname *to,
    struct err *e)
{
	struct ident *columns = xcalloc(k->n + 1, sizeof(*columns));
	int rc = map_referenced(p, k, columns, e);

	if (rc == 0)
		rc = check_index(p, k, columns, e);
	if (rc == 0)
		fkey_definition(q, k, name, to, columns);
	free(columns);
	return rc;
}

/* How the foreign keys of a child are turned. */
struct repoint {
	enum script_lane lane;
	const struct qname *to;		/* the table they then reference */
	bool back;			/* by its old names for the columns */
};

/*
 * One ALTER of a child for all its foreign keys, from these names to those:
 * a name cannot be dropped and added in the same statement, and between two
 * the child would be without its key.
 */
static int
repoint_child(struct plan *p, const struct repoint *t,
    const struct qname *child, bool there, struct err *e)
{
	struct str q = STR_INIT;
	const struct fkey *k;
	struct ident other;
	bool any = false;
	int rc = 0;
	size_t i;

	str_addf(&q, "ALTER TABLE %s ", child->sql);
	for (i = 0; i < p->dependents->child.n && rc == 0; i++) {
		k = &p->dependents->child.key[i];
		if (strcmp(k->child.sql, child->sql) != 0)
			continue;
		fkey_stand_in(&other, k->name.raw);
		if (any)
			str_addz(&q, ", ");
		any = true;
		fkey_keep_index(&q, k);
		str_addf(&q, "DROP FOREIGN KEY %s, ADD ",
		    there ? k->name.sql : other.sql);
		if (t->back)
			fkey_definition(&q, k, there ? &other : &k->name,
			    t->to, NULL);
		else
			rc = cutover_script_child_key(&q, p, k, there ? &other :
			    &k->name, t->to, e);
	}
	if (rc == 0)
		script_add(&p->script, t->lane, child, &q);
	str_free(&q);
	return rc;
}

static int
repoint_children(struct plan *p, const struct repoint *t, struct err *e)
{
	size_t i;

	for (i = 0; i < p->script.n_children; i++)
		if (repoint_child(p, t, p->script.child[i], true, e) != 0 ||
		    repoint_child(p, t, p->script.child[i], false, e) != 0)
			return -1;
	return 0;
}

/* Is there one that MySQL would keep the ";" of? */
static bool
has_simple_trigger(const struct plan *p)
{
	size_t i;

	for (i = 0; i < p->dependents->n_triggers && !p->server->mariadb; i++)
		if (!p->dependents->trigger[i].block)
			return true;
	return false;
}

static void
drop_trigger(struct plan *p, enum script_lane lane, const struct ident *name)
{
	struct str q = STR_INIT;

	str_addf(&q, "DROP TRIGGER IF EXISTS %s.%s", p->names.old.db.sql,
	    name->sql);
	script_add(&p->script, lane, NULL, &q);
}

static void
take_triggers(struct plan *p, enum script_lane lane)
{
	size_t i;

	for (i = 0; i < p->dependents->n_triggers; i++)
		drop_trigger(p, lane, &p->dependents->trigger[i].name);
}

static void
make_trigger(struct plan *p, enum script_lane lane,
    const struct user_trigger *t, const struct user_trigger_form *form)
{
	struct str q = STR_INIT;

	user_trigger_before(&q, t);
	script_add(&p->script, lane, NULL, &q);
	user_trigger_create(&q, t, form);
	script_add(&p->script, lane, NULL, &q);
	user_trigger_after(&q);
	script_add(&p->script, lane, NULL, &q);
}

/* By another name, on the table where it waits for its own. */
static void
make_stand_in(struct plan *p, enum script_lane lane,
    const struct user_trigger *t)
{
	struct user_trigger_form form = { .mariadb = p->server->mariadb };
	struct ident name;

	user_trigger_stand_in(&name, t);
	form.name = name.sql;
	form.table = t->new_sql;
	make_trigger(p, lane, t, &form);
}

/*
 * MySQL: so that each is on the server at any time, should that crash or a
 * replica take its place.  Nobody writes to the old table any more.
 */
static void
keep_triggers(struct plan *p)
{
	size_t i;

	for (i = 0; i < p->dependents->n_triggers; i++)
		make_stand_in(p, SCRIPT_ATTIC, &p->dependents->trigger[i]);
}

static void
drop_stand_ins(struct plan *p)
{
	struct ident name;
	size_t i;

	for (i = 0; i < p->dependents->n_triggers; i++) {
		user_trigger_stand_in(&name, &p->dependents->trigger[i]);
		drop_trigger(p, SCRIPT_TABLE, &name);
	}
}

static void
make_triggers(struct plan *p, enum script_lane lane)
{
	const struct user_trigger_form form = { .mariadb = p->server->mariadb };
	size_t i;

	for (i = 0; i < p->dependents->n_triggers; i++)
		make_trigger(p, lane, &p->dependents->trigger[i], &form);
}

/*
 * MariaDB: the triggers by their names, or, as stand-ins on the new table, by
 * others; and without the stand-in that is there, or that would be left.  It
 * goes last: its text must be on the server until the other one has it.
 */
static void
exchange_triggers(struct plan *p, enum script_lane drop,
    enum script_lane make, bool stand_in)
{
	const struct user_trigger_form own = { .mariadb = true };
	const struct user_trigger *t;
	struct ident name;
	size_t i;

	for (i = 0; i < p->dependents->n_triggers; i++) {
		t = &p->dependents->trigger[i];
		user_trigger_stand_in(&name, t);
		if (stand_in)
			make_stand_in(p, make, t);
		else
			make_trigger(p, make, t, &own);
		drop_trigger(p, drop, &name);
	}
}

/*
 * MariaDB: the new table has them when it comes, since a lock that is to be
 * there first after the RENAME may still come too late.  The old one keeps
 * them as well, so that it is whole should the server crash before the RENAME;
 * the new one's have other names, and get theirs when no session waits for it.
 */
static void
hand_over_triggers(struct plan *p)
{
	exchange_triggers(p, SCRIPT_RESTORE, SCRIPT_HOLDER, true);
}

/* The one that fires after it, of its kind. */
static const struct user_trigger *
next_trigger(const struct plan *p, size_t i)
{
	const struct user_trigger *t = &p->dependents->trigger[i], *next = t +
	    1;

	return i + 1 < p->dependents->n_triggers &&
	    same_text(t->event, next->event) &&
	    same_text(t->timing, next->timing) ? next : NULL;
}

/* Has the one before it a way to write the name of each? */
static bool
can_precede(const struct plan *p)
{
	const struct user_trigger *next;
	size_t i;

	for (i = 0; i < p->dependents->n_triggers; i++) {
		next = next_trigger(p, i);
		if (next != NULL &&
		    user_trigger_next(&p->dependents->trigger[i], next) == NULL)
			return false;
	}
	return true;
}

/*
 * Where a packet has to end after a trigger, we may be killed before the next
 * one is sent.  So all are there first, with a ";" too many, and are then made
 * again, one by one, each in its place; or, where that cannot be said, each as
 * the last, so that they are in their order in the end.
 */
static void
bring_triggers(struct plan *p)
{
	struct user_trigger_form form = { .alone = true };
	bool again = has_simple_trigger(p), precede = can_precede(p);
	const struct user_trigger *t, *next;
	size_t i;

	make_triggers(p, SCRIPT_TABLE);
	for (i = 0; i < p->dependents->n_triggers && again; i++) {
		t = &p->dependents->trigger[i];
		next = precede ? next_trigger(p, i) : NULL;
		form.next = next != NULL ? user_trigger_next(t, next) : NULL;
		drop_trigger(p, SCRIPT_TABLE, &t->name);
		make_trigger(p, SCRIPT_TABLE, t, &form);
		p->script.item[p->script.n - 2].last = true;
	}
	drop_stand_ins(p);
}

/*
 * MariaDB, under a lock once more.  One after the other, so that at most one is
 * there twice, and none is missing, should the server crash or its replica take
 * its place; each comes last, and so all in their order.
 */
static void
name_triggers(struct plan *p)
{
	exchange_triggers(p, SCRIPT_TABLE, SCRIPT_TABLE, false);
}

/* The triggers of this plan, on that table. */
static void
make_ours(struct plan *p, enum script_lane lane, const struct plan *of,
    const struct qname *on)
{
	struct str q = STR_INIT;
	int ev;

	sync_triggers_session(&q, of);
	script_add(&p->script, lane, NULL, &q);
	for (ev = 0; ev < N_TRIGGERS; ev++) {
		trigger_create(&q, &of->trigger[ev], on);
		script_add(&p->script, lane, NULL, &q);
	}
	user_trigger_after(&q);
	script_add(&p->script, lane, NULL, &q);
}

/*
 * On MariaDB no session is kept out after the RENAME.  So the new table must
 * have all that belongs to it before, and the children reference it already.
 * Until then no session can use any of them; but should the server crash in
 * between, our triggers must not write to a table from which that cascades, or
 * whose own triggers fire.
 */
static int
render_before(struct plan *p, struct err *e)
{
	struct repoint t = { SCRIPT_HOLDER, &p->names.shadow, false };
	struct repoint back = { SCRIPT_RESTORE, &p->names.old, true };
	bool takes_ours = p->script.n_children > 0 || p->dependents->n_triggers
	    > 0;
	int ev;

	cutover_fkeys_repoint(p);
	for (ev = 0; ev < N_TRIGGERS && takes_ours; ev++)
		drop_trigger(p, SCRIPT_HOLDER, &p->trigger[ev].name.table);
	hand_over_triggers(p);
	if (repoint_children(p, &t, e) != 0 || repoint_children(p, &back, e) !=
	    0)
		return -1;
	/* A revert that was not gone can be gone later. */
	if (p->complete && takes_ours)
		make_ours(p, SCRIPT_RETAKE, p, &p->names.old);
	return 0;
}

int
cutover_script_render(struct plan *p, const struct alter *a, struct err *e)
{
	struct repoint t = { SCRIPT_CHILD, &p->names.old, false };

	find_tables(p);
	if (p->server->mariadb && render_before(p, e) != 0)
		return -1;
	p->script.leaves_parents = cutover_fkeys_leaves_parents(p);
	if (p->server->mariadb && p->kept_in_step)
		cutover_fkeys_wait(p);
	else if (p->script.leaves_parents)
		cutover_fkeys_drop(p);
	else
		cutover_fkeys_take(p);
	if (!p->server->mariadb)
		keep_triggers(p);
	take_triggers(p, SCRIPT_ATTIC);
	if (!p->server->mariadb && repoint_children(p, &t, e) != 0)
		return -1;
	if (cutover_fkeys_name(p, a, e) != 0)
		return -1;
	if (p->server->mariadb)
		name_triggers(p);
	else
		bring_triggers(p);
	return 0;
}

/*
 * What is mirrored into the old table must not fire the user's triggers there
 * once more.  Where they do not go anyway before the RENAME, they go now.
 */
static void
take_old_triggers(struct plan *p)
{
	if (!p->server->mariadb)
		return;
	take_triggers(p, SCRIPT_HOLDER);
	take_triggers(p, SCRIPT_RESTORE);
	make_triggers(p, SCRIPT_RESTORE);
}

void
cutover_script_flip(struct plan *p)
{
	bool before = p->server->mariadb;
	enum script_lane from = before ? SCRIPT_HOLDER : SCRIPT_ATTIC;
	struct str q = STR_INIT;
	int ev;

	take_old_triggers(p);
	for (ev = 0; ev < N_TRIGGERS; ev++) {
		str_addf(&q, "DROP TRIGGER IF EXISTS %s",
		    p->trigger[ev].name.sql);
		script_add(&p->script, from, NULL, &q);
	}
	if (before)
		make_ours(p, SCRIPT_HOLDER, p->back, &p->names.shadow);
	else
		make_ours(p, SCRIPT_TABLE, p->back, &p->names.old);
}
