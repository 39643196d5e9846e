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

	sql_copy(&q, p, &from, &upto, false);
	fprintf(to, "-- for each chunk, with its boundaries:\n%s;\n", q.s);
	if (p->by_values) {
		str_reset(&q);
		sql_values(&q, p, &from, &upto, false);
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

static void
print_end(const struct plan *p, FILE *to)
{
	int ev;

	fprintf(to, "ANALYZE TABLE %s;\n%s;\nLOCK TABLES %s WRITE;\n",
	    p->names.shadow.sql, p->swap, p->names.attic.sql);
	for (ev = N_TRIGGERS - 1; ev >= 0; ev--)
		fprintf(to, "DROP TRIGGER IF EXISTS %s;\n",
		    p->trigger[ev].name.sql);
	fprintf(to, "UNLOCK TABLES;\nDROP TABLE IF EXISTS %s;\n"
	    "DROP TABLE IF EXISTS %s;\n", p->names.notes.sql,
	    p->names.attic.sql);
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
	fputs("statements:\n", to);
	print_fresh(p, to);
	print_capture(p, to);
	print_chunk(p, to);
	print_end(p, to);
}
