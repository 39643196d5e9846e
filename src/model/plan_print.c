/*
 * The plan, for people: what a dry run shows.  The statements are the ones
 * that are sent.
 */
#include "model/plan.h"

#include <stdlib.h>
#include <string.h>

#include "base/print.h"
#include "base/str.h"
#include "model/apart.h"
#include "model/bound.h"
#include "model/by_key.h"
#include "model/convert.h"
#include "model/filter.h"
#include "model/order.h"
#include "model/reverse.h"
#include "model/script.h"
#include "model/sql.h"
#include "model/sync_triggers.h"
#include "model/threads.h"

static void
add_type(struct str *s, const struct column *c)
{
	str_addf(s, "%s %s", c->name.sql, c->type);
	if (c->collation != NULL)
		str_addf(s, " %s", c->collation);
	if (!c->nullable)
		str_addz(s, " NOT NULL");
}

static void
print_change(const struct pair *pr, struct str *to)
{
	struct str s = STR_INIT;

	add_type(&s, pr->from);
	str_addz(&s, " -> ");
	add_type(&s, pr->to);
	if (pr->adapts_null)
		str_addf(&s, ", NULL becomes %s", convert_filler(pr->to));
	if (!pr->compared)
		str_addz(&s, " (compared only for being NULL)");
	print_line(to, "  %s", s.s);
	str_free(&s);
}

static void
print_columns(const struct plan *p, struct str *to)
{
	const struct pair *pr;
	size_t i;

	str_addz(to, "columns:\n");
	for (i = 0; i < p->n_pairs; i++) {
		pr = &p->pair[i];
		if (pr->from == NULL && p->complete)
			continue;
		if (pr->from == NULL)
			print_line(to, "  %s: new, %s in every row",
			    pr->to->name.sql, pr->filler);
		else if (!pr->same || strcmp(pr->from->name.raw,
		    pr->to->name.raw) != 0)
			print_change(pr, to);
	}
	for (i = 0; i < p->n_dropped; i++)
		print_line(to, "  %s: dropped", p->dropped[i]->name.sql);
	str_addz(to, "  all others: as they are\n");
}

static void
print_new_constraints(const struct plan *p, struct str *to)
{
	size_t i;

	for (i = 0; i < p->n_new_keys; i++)
		if (p->new_key[i].sql != NULL) {
			str_addz(to, "-- unless --no-check-unique-key-change, "
			    "of which no row may come:\n");
			print_sql(to, "%s", p->new_key[i].sql);
		} else {
			print_line(to, "-- only the copy can tell whether %s "
			    "is unique", p->new_key[i].key->name.sql);
		}
}

static void
print_rejects(const struct plan *p, struct str *to)
{
	struct str q = STR_INIT;

	print_sql(to, "%s", p->create_rejects);
	if (sync_triggers_alter_rejects(&q, p))
		print_sql(to, "%s", q.s);
	str_free(&q);
}

static void
print_capture(const struct plan *p, struct str *to)
{
	struct str q = STR_INIT;
	int ev;

	print_rejects(p, to);
	print_sql(to, "LOCK TABLES %s WRITE", p->names.old.sql);
	for (ev = 0; ev < N_TRIGGERS; ev++) {
		str_reset(&q);
		trigger_create(&q, &p->trigger[ev], &p->names.old);
		print_sql(to, "%s", q.s);
	}
	str_addz(to, "UNLOCK TABLES;\n");
	str_free(&q);
}

static void
print_sums(const struct plan *p, struct str *to)
{
	struct bound from = BOUND_INIT, upto = BOUND_INIT;
	struct str q = STR_INIT;

	str_addz(to, "-- to compare each chunk:\n");
	if (p->by_key) {
		sql_checksums(&q, p, &from, &upto);
	} else {
		sql_checksum(&q, p, SIDE_OLD, &from, &upto);
		print_sql(to, "%s", q.s);
		str_reset(&q);
		sql_checksum(&q, p, SIDE_NEW, &from, &upto);
	}
	print_sql(to, "%s", q.s);
	str_reset(&q);
	if (p->by_key) {
		str_addz(to, "-- where they differ, so that all its rows are "
		    "brought over again:\n");
		if (p->same_ranges) {
			sql_delete_extra(&q, p, &from, &upto);
			print_sql(to, "%s", q.s);
			str_reset(&q);
		}
		by_key_again(&q, p, &from, &upto);
		print_sql(to, "%s", q.s);
	}
	str_free(&q);
}

/* On the empty table, and once all rows are in it. */
static void
print_deferral(const struct plan *p, bool later, struct str *to)
{
	const struct deferral *d = &p->deferral;

	if (d->n == 0)
		return;
	if (!later && d->drop != NULL) {
		print_sql(to, "%s", d->remember);
		print_sql(to, "%s", d->drop);
	} else if (later) {
		str_addz(to, "-- once all are copied, while the application "
		    "writes:\n");
		print_sql(to, "%s", d->add);
		print_sql(to, "%s", d->forget);
	}
}

/* Each with the condition 1 where the boundaries of a chunk will be. */
static void
print_chunk(const struct plan *p, struct str *to)
{
	struct bound from = BOUND_INIT, upto = BOUND_INIT;
	struct str q = STR_INIT;

	print_line(to, "-- for each chunk, with its boundaries%s:",
	    p->hold_head != NULL && !p->numbers && !p->in_order ?
	    "; the INSERT first for its last row" : "");
	if (p->hold_head != NULL) {
		sql_hold(&q, p, &from, &upto, ROWS_UPTO);
		print_sql(to, "%s", q.s);
		str_reset(&q);
	}
	sql_copy(&q, p, &from, &upto, ROWS_UPTO);
	print_sql(to, "%s", q.s);
	if (p->by_values) {
		str_reset(&q);
		sql_values(&q, p, &from, &upto, ROWS_UPTO);
		str_addz(to, "-- or, while the application writes:\n");
		print_sql(to, "%s", q.s);
		print_sql(to, "%s", sql_run_values);
	}
	str_free(&q);
	print_sums(p, to);
}

/* What a cascade left, as model/apart.h has it. */
static void
print_stale(const struct plan *p, struct str *to)
{
	struct str q = STR_INIT;
	size_t i;

	for (i = 0; i < p->apart.n; i++) {
		str_reset(&q);
		if (!apart_find_stale(&q, p, i))
			continue;
		str_addz(to, "-- once all are copied, to find rows that a "
		    "cascade reached before their parents were:\n");
		print_sql(to, "%s", q.s);
	}
	str_free(&q);
}

/* With a list of IDs in the place of the one. */
static void
print_order(const struct plan *p, struct str *to)
{
	static void (*const add[])(struct str *q, const struct plan *p,
	    const char *ids) = { order_write, order_delete, order_forget };
	struct str q = STR_INIT;
	size_t i;

	if (!p->in_order)
		return;
	str_addz(to, "-- before each chunk, and until the swap, for the rows "
	    "that the triggers have noted:\n");
	order_hold(&q, p, "1", false);
	print_sql(to, "%s", q.s);
	for (i = 0; i < sizeof(add) / sizeof(add[0]); i++) {
		str_reset(&q);
		add[i](&q, p, "1");
		print_sql(to, "%s", q.s);
	}
	str_free(&q);
}

static void
print_by_key(const struct plan *p, struct str *to)
{
	static void (*const add[])(struct str *q, const struct plan *p) = {
	    by_key_clear, by_key_write, by_key_forget };
	struct str q = STR_INIT;
	size_t i;

	if (!p->by_key)
		return;
	str_addz(to, "-- before each chunk, and until the swap, for some of "
	    "the keys that the triggers have noted:\n");
	by_key_turn(&q, p, NOTE_NEW, NOTE_TAKEN, 200);
	print_sql(to, "%s", q.s);
	for (i = 0; i < sizeof(add) / sizeof(add[0]); i++) {
		str_reset(&q);
		add[i](&q, p);
		print_sql(to, "%s", q.s);
	}
	str_free(&q);
}

static void
print_lock(const struct plan *p, struct str *to)
{
	const struct script *c = &p->script;
	struct str q = STR_INIT;
	size_t i;

	str_addf(&q, "LOCK TABLES %s WRITE, %s WRITE, %s WRITE",
	    p->names.old.sql, p->names.shadow.sql, p->names.rejects.sql);
	for (i = 0; i < c->n_children; i++)
		str_addf(&q, ", %s WRITE", c->child[i]->sql);
	for (i = 0; i < c->n_grandchildren && p->server->mariadb; i++)
		str_addf(&q, ", %s WRITE", c->grandchild[i]->sql);
	for (i = 0; i < c->n_parents; i++)
		str_addf(&q, ", %s %s", c->parent[i]->sql,
		    p->server->mariadb ? "READ" : "WRITE");
	print_sql(to, "%s", q.s);
	str_free(&q);
}

/* As one connection would send it; on MariaDB it is several. */
static void
print_cut(const struct plan *p, struct str *to)
{
	const struct script *c = &p->script;
	size_t i;

	print_sql(to, "ANALYZE TABLE %s", p->names.shadow.sql);
	if (p->back != NULL)
		print_rejects(p->back, to);
	str_addz(to, "-- the cut-over, under one lock:\n");
	print_lock(p, to);
	if (p->in_order)
		str_addz(to, "-- the rows that came last, and those noted "
		    "last, as above\n");
	if (p->by_key) {
		str_addz(to, "-- the rows that were noted last, as above, and "
		    "whether there are as many in the new table:\n");
		print_sql(to, "SELECT COUNT(*) FROM %s", p->names.old.sql);
	}
	if (p->proves)
		str_addz(to, "-- by other connections: START TRANSACTION WITH "
		    "CONSISTENT SNAPSHOT, READ ONLY;\n");
	if (c->n > 0)
		str_addz(to, "SET SESSION foreign_key_checks = 0;\n");
	for (i = 0; i < c->n; i++)
		if (c->item[i].lane == SCRIPT_HOLDER)
			print_sql(to, "%s", c->item[i].sql);
	if (p->park != NULL)
		print_sql(to, "%s", p->park);
	print_sql(to, "%s", p->swap);
	for (i = 0; i < c->n; i++)
		if (script_follows(&c->item[i]))
			print_sql(to, "%s", c->item[i].sql);
	str_addz(to, "UNLOCK TABLES;\n");
}

/* In the snapshots; of these purging waits as long as that takes. */
static void
print_proof(const struct plan *p, struct str *to)
{
	struct bound from = BOUND_INIT, upto = BOUND_INIT;
	struct str q = STR_INIT;
	struct plan after;

	if (!p->proves)
		return;
	sql_after_swap(&after, p);
	str_addz(to, "-- to prove the swap, each chunk in these snapshots, "
	    "with --verify-swap=auto if comparing took less than 600 s:\n");
	sql_checksum(&q, &after, SIDE_OLD, &from, &upto);
	print_sql(to, "%s", q.s);
	str_reset(&q);
	sql_checksum(&q, &after, SIDE_NEW, &from, &upto);
	print_sql(to, "%s", q.s);
	str_free(&q);
	free(after.checksum_old);
	free(after.checksum_new);
}

static void
print_drop_triggers(const struct plan *p, struct str *to)
{
	int ev;

	for (ev = N_TRIGGERS - 1; ev >= 0; ev--)
		print_sql(to, "DROP TRIGGER IF EXISTS %s",
		    p->trigger[ev].name.sql);
}

/* With the condition 1 where the boundaries of a chunk will be. */
static void
print_purge(const struct plan *p, struct str *to)
{
	struct bound from = BOUND_INIT, upto = BOUND_INIT;
	struct err none = { .kind = ERR_NONE };
	const struct path path = { &p->names.attic, p->old,
	    table_total_key(p->old, &none) };
	struct str q = STR_INIT;

	if (!p->purges || path.key == NULL)
		return;
	str_addz(to, "-- chunk by chunk, as the copy was:\n");
	path_delete(&q, &path, &from, &upto);
	print_sql(to, "%s", q.s);
	str_free(&q);
}

static void
print_end(const struct plan *p, struct str *to)
{
	print_cut(p, to);
	print_proof(p, to);
	if (p->back == NULL) {
		print_sql(to, "LOCK TABLES %s WRITE", p->names.attic.sql);
		print_drop_triggers(p, to);
		str_addz(to, "UNLOCK TABLES;\n");
	}
	if (p->back == NULL) {
		print_purge(p, to);
		print_sql(to, "DROP TABLE IF EXISTS %s",
		    p->names.attic.sql);
	}
	print_sql(to, "DROP TABLE IF EXISTS %s", p->names.rejects.sql);
}

static void
print_back(const struct plan *p, struct str *to)
{
	struct str names = STR_INIT;
	const struct pair *pr;
	size_t i;

	str_addz(to, "the revert, from the new table to the old one:\n");
	for (i = 0; i < p->n_pairs; i++) {
		pr = &p->pair[i];
		if (pr->from != NULL && (!pr->same ||
		    strcmp(pr->from->name.raw, pr->to->name.raw) != 0))
			print_change(pr, to);
	}
	reverse_unfed(&names, p);
	if (names.len > 0)
		print_line(to, "  a DEFAULT in rows that are new: %s",
		    names.s);
	str_reset(&names);
	reverse_lost(&names, p);
	if (names.len > 0)
		print_line(to, "  lost when it is taken: %s", names.s);
	str_reset(&names);
	reverse_narrow(&names, p);
	if (names.len > 0)
		print_line(to, "  unique in the old table only: %s", names.s);
	str_free(&names);
}

static void
print_filter(const struct plan *p, struct str *to)
{
	struct str q = STR_INIT;

	filter_add(&q, p->filter, p, NULL);
	print_line(to, "rows: only those that match %s, and those that are "
	    "written meanwhile", q.s);
	str_free(&q);
}

static void
print_threads(const struct plan *p, struct str *to)
{
	struct str s = STR_INIT;

	if (p->in_order || p->by_key)
		return;
	threads_describe(&s, p);
	print_line(to, "threads: %s", s.s);
	str_free(&s);
}

void
plan_print(const struct plan *p, struct str *to)
{
	struct str id = STR_INIT, names = STR_INIT;
	size_t i;

	print_columns(p, to);
	for (i = 0; i < p->n_id; i++)
		str_addf(&id, " %s", p->id[i]->to->name.sql);
	print_line(to, "walked by: %s", p->walk->name.sql);
	print_line(to, "identified by:%s", id.s);
	str_free(&id);
	print_line(to, "compared by: %s", p->same_ranges ?
	    "the same ranges of both tables" : "joining the two tables");
	print_threads(p, to);
	if (p->filter != NULL)
		print_filter(p, to);
	if (p->in_order)
		print_line(to, "in ascending order of %s only, because of its "
		    "FULLTEXT key: by one connection, whatever --threads says; "
		    "the triggers only note which rows were written",
		    p->id[0]->to->name.sql);
	if (p->by_key)
		print_line(to, "by one connection, whatever --threads says: "
		    "%s undoes nothing that a statement has written, so the "
		    "triggers only note keys, and a chunk, for which writers "
		    "wait, is to take 0.05 s at most", p->old->engine);
	if (p->deferral.n > 0) {
		deferral_names(&names, &p->deferral);
		print_line(to, "indexes built after the copy: %s", names.s);
		str_free(&names);
	} else if (p->deferral.why != NULL) {
		print_line(to, "indexes built after the copy: none; %s",
		    p->deferral.why);
	}
	if (p->merges)
		str_addz(to, "keys may become equal: rows are counted in any "
		    "case\n");
	if (p->back != NULL)
		print_back(p->back, to);
	str_addz(to, "statements:\n");
	if (!p->complete) {
		print_deferral(p, false, to);
		print_new_constraints(p, to);
		print_capture(p, to);
		print_chunk(p, to);
		print_stale(p, to);
		print_deferral(p, true, to);
		print_order(p, to);
		print_by_key(p, to);
	}
	print_end(p, to);
}
