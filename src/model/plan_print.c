/*
 * The plan, for people: what a dry run shows.  The statements are the ones
 * that are sent.
 */
#include "model/plan.h"

#include <string.h>

#include "base/str.h"
#include "model/bound.h"
#include "model/convert.h"
#include "model/mirror.h"
#include "model/reverse.h"
#include "model/sql.h"

static void
print_type(const struct column *c, FILE *to)
{
	fprintf(to, "%s %s", c->name.sql, c->type);
	if (c->collation != NULL)
		fprintf(to, " %s", c->collation);
	if (!c->nullable)
		fputs(" NOT NULL", to);
}

static void
print_change(const struct pair *pr, FILE *to)
{
	fputs("  ", to);
	print_type(pr->from, to);
	fputs(" -> ", to);
	print_type(pr->to, to);
	if (pr->adapts_null)
		fprintf(to, ", NULL becomes %s", convert_filler(pr->to));
	if (!pr->compared)
		fputs(" (compared only for being NULL)", to);
	fputs("\n", to);
}

static void
print_columns(const struct plan *p, FILE *to)
{
	const struct pair *pr;
	size_t i;

	fputs("columns:\n", to);
	for (i = 0; i < p->n_pairs; i++) {
		pr = &p->pair[i];
		if (pr->from == NULL && p->complete)
			continue;
		if (pr->from == NULL)
			fprintf(to, "  %s: new, %s in every row\n",
			    pr->to->name.sql, pr->filler);
		else if (!pr->same || strcmp(pr->from->name.raw,
		    pr->to->name.raw) != 0)
			print_change(pr, to);
	}
	for (i = 0; i < p->n_dropped; i++)
		fprintf(to, "  %s: dropped\n", p->dropped[i]->name.sql);
	fputs("  all others: as they are\n", to);
}

static void
print_fresh(const struct plan *p, FILE *to)
{
	size_t i;

	for (i = 0; i < p->n_fresh; i++)
		if (p->fresh[i].sql != NULL)
			fprintf(to, "-- unless --no-check-unique-key-change, "
			    "of which no row may come:\n%s;\n",
			    p->fresh[i].sql);
		else
			fprintf(to, "-- only the copy can tell whether %s is "
			    "unique\n", p->fresh[i].key->name.sql);
}

static void
print_capture(const struct plan *p, FILE *to)
{
	struct str q = STR_INIT;
	int ev;

	fprintf(to, "%s;\nLOCK TABLES %s WRITE;\n", p->create_notes,
	    p->names.old.sql);
	for (ev = 0; ev < N_TRIGGERS; ev++) {
		str_reset(&q);
		mirror_create(&q, &p->trigger[ev], &p->names.old);
		fprintf(to, "%s;\n", q.s);
	}
	fputs("UNLOCK TABLES;\n", to);
	str_free(&q);
}

/* Each with the condition 1 where the boundaries of a chunk will be. */
static void
print_chunk(const struct plan *p, FILE *to)
{
	struct bound from = BOUND_INIT, upto = BOUND_INIT;
	struct str q = STR_INIT;

	fprintf(to, "-- for each chunk, with its boundaries%s:\n",
	    p->hold_head != NULL && !p->numbers ?
	    "; the INSERT first for its last row" : "");
	if (p->hold_head != NULL) {
		sql_hold(&q, p, &from, &upto, ROWS_UPTO);
		fprintf(to, "%s;\n", q.s);
		str_reset(&q);
	}
	sql_copy(&q, p, &from, &upto, ROWS_UPTO);
	fprintf(to, "%s;\n", q.s);
	if (p->by_values) {
		str_reset(&q);
		sql_values(&q, p, &from, &upto, ROWS_UPTO);
		fprintf(to, "-- or, while the application writes:\n%s;\n"
		    "%s;\n", q.s, sql_run_values);
	}
	str_reset(&q);
	sql_sum(&q, p, SIDE_OLD, &from, &upto);
	fprintf(to, "-- to compare each chunk:\n%s;\n", q.s);
	str_reset(&q);
	sql_sum(&q, p, SIDE_NEW, &from, &upto);
	fprintf(to, "%s;\n", q.s);
	str_free(&q);
}

/* As one connection would send it; on MariaDB it is several. */
static void
print_cut(const struct plan *p, FILE *to)
{
	const struct cut *c = &p->cut;
	size_t i;

	fprintf(to, "ANALYZE TABLE %s;\n", p->names.shadow.sql);
	if (p->back != NULL)
		fprintf(to, "%s;\n", p->back->create_notes);
	fprintf(to, "-- the cut-over, under one lock:\n"
	    "LOCK TABLES %s WRITE, %s WRITE, %s WRITE", p->names.old.sql,
	    p->names.shadow.sql, p->names.notes.sql);
	for (i = 0; i < c->n_children; i++)
		fprintf(to, ", %s WRITE", c->child[i]->sql);
	for (i = 0; i < c->n_grandchildren && p->server->mariadb; i++)
		fprintf(to, ", %s WRITE", c->grandchild[i]->sql);
	for (i = 0; i < c->n_parents; i++)
		fprintf(to, ", %s %s", c->parent[i]->sql,
		    p->server->mariadb ? "READ" : "WRITE");
	fputs(";\n", to);
	if (c->n > 0)
		fputs("SET SESSION foreign_key_checks = 0;\n", to);
	for (i = 0; i < c->n; i++)
		if (c->item[i].lane == CUT_HOLDER)
			fprintf(to, "%s;\n", c->item[i].sql);
	if (p->park != NULL)
		fprintf(to, "%s;\n", p->park);
	fprintf(to, "%s;\n", p->swap);
	for (i = 0; i < c->n; i++)
		if (cut_follows(&c->item[i]))
			fprintf(to, "%s;\n", c->item[i].sql);
	fputs("UNLOCK TABLES;\n", to);
}

static void
print_drop_triggers(const struct plan *p, FILE *to)
{
	int ev;

	for (ev = N_TRIGGERS - 1; ev >= 0; ev--)
		fprintf(to, "DROP TRIGGER IF EXISTS %s;\n",
		    p->trigger[ev].name.sql);
}

static void
print_end(const struct plan *p, FILE *to)
{
	print_cut(p, to);
	if (p->back == NULL) {
		fprintf(to, "LOCK TABLES %s WRITE;\n", p->names.attic.sql);
		print_drop_triggers(p, to);
		fputs("UNLOCK TABLES;\n", to);
	}
	fprintf(to, "DROP TABLE IF EXISTS %s;\n", p->names.notes.sql);
	if (p->back == NULL)
		fprintf(to, "DROP TABLE IF EXISTS %s;\n",
		    p->names.attic.sql);
}

static void
print_back(const struct plan *p, FILE *to)
{
	struct str names = STR_INIT;
	const struct pair *pr;
	size_t i;

	fputs("the way back, from the new table to the old one:\n", to);
	for (i = 0; i < p->n_pairs; i++) {
		pr = &p->pair[i];
		if (pr->from != NULL && (!pr->same ||
		    strcmp(pr->from->name.raw, pr->to->name.raw) != 0))
			print_change(pr, to);
	}
	reverse_unfed(&names, p);
	if (names.len > 0)
		fprintf(to, "  a DEFAULT in rows that are new: %s\n",
		    names.s);
	str_reset(&names);
	reverse_lost(&names, p);
	if (names.len > 0)
		fprintf(to, "  lost when it is taken: %s\n", names.s);
	str_reset(&names);
	reverse_narrow(&names, p);
	if (names.len > 0)
		fprintf(to, "  unique in the old table only: %s\n", names.s);
	str_free(&names);
}

void
plan_print(const struct plan *p, FILE *to)
{
	size_t i;

	print_columns(p, to);
	fprintf(to, "walked by: %s\nidentified by:", p->walk->name.sql);
	for (i = 0; i < p->n_id; i++)
		fprintf(to, " %s", p->id[i]->to->name.sql);
	fprintf(to, "\ncompared by: %s\n", p->same_ranges ?
	    "the same ranges of both tables" : "joining the two tables");
	if (p->merges)
		fputs("keys may become equal: rows are counted in any case\n",
		    to);
	if (p->back != NULL)
		print_back(p->back, to);
	fputs("statements:\n", to);
	if (!p->complete) {
		print_fresh(p, to);
		print_capture(p, to);
		print_chunk(p, to);
	}
	print_end(p, to);
}
