#include "base/summary.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/print.h"
#include "base/progress.h"
#include "base/util.h"

void
summary_add(struct summary_list *l, const char *kind, const char *name,
    const char *fmt, ...)
{
	struct str text = STR_INIT;
	va_list ap;

	va_start(ap, fmt);
	str_vaddf(&text, fmt, ap);
	va_end(ap);
	l->item = xrealloc(l->item, l->n + 1, sizeof(*l->item));
	l->item[l->n++] = (struct summary_item){ kind, xstrdup(name),
	    str_take(&text) };
}

void
summary_free_list(struct summary_list *l)
{
	size_t i;

	for (i = 0; i < l->n; i++) {
		free(l->item[i].name);
		free(l->item[i].text);
	}
	free(l->item);
	*l = (struct summary_list){ NULL, 0 };
}

void
summary_free_misfits(struct summary_misfits *m)
{
	size_t i;

	for (i = 0; i < m->n; i++) {
		summary_free_list(&m->misfit[i].sample);
		free(m->misfit[i].name);
		free(m->misfit[i].text);
	}
	free(m->misfit);
	free(m->why_not);
	*m = (struct summary_misfits){ .n = 0 };
}

void
summary_free(struct summary *s)
{
	summary_free_list(&s->hangs);
	summary_free_list(&s->breaks);
	summary_free_list(&s->unknown);
	summary_free_list(&s->changes);
	summary_free_list(&s->indexes);
	summary_free_list(&s->back);
	summary_free_list(&s->lost);
	summary_free_misfits(&s->misfits);
	free(s->estimate.why_not);
}

/* Six lists of so many are a screen, as hardly ever all of them are full. */
#define LINES	5

static void
print_more(struct str *to, size_t n)
{
	print_line(to, "%-16sand %zu more (--output=json has them all)", "",
	    n);
}

static void
print_list(struct str *to, const char *head, const struct summary_list *l)
{
	size_t i, n = l->n > LINES ? LINES - 1 : l->n;

	if (l->n == 0)
		print_line(to, "%-16snone", head);
	for (i = 0; i < n; i++)
		print_line(to, "%-16s%s", i == 0 ? head : "", l->item[i].text);
	if (n < l->n)
		print_more(to, l->n - n);
}

/* What is before a clause: nothing but a blank goes with partitions. */
static const char *
before(const struct summary_list *l, size_t i)
{
	return i == 0 ? "" : strcmp(l->item[i].kind, "partitions") == 0 ? " " :
	    ", ";
}

void
summary_back(struct str *q, const struct summary *s)
{
	size_t i;

	for (i = 0; i < s->back.n; i++)
		str_addf(q, "%s%s", before(&s->back, i),
		    s->back.item[i].text);
}

#define WIDTH 64	/* of a line, behind its head */

/* In one line, or a line for each clause. */
static void
print_back(struct str *to, const struct summary *s)
{
	static const char head[] = "taken back by:";
	const struct summary_list *l = &s->back;
	struct str line = STR_INIT;
	size_t i, n = l->n > LINES ? LINES - 1 : l->n;

	str_addf(&line, "ALTER TABLE %s ", s->name);
	summary_back(&line, s);
	if (l->n == 0) {
		print_line(to, "%-16snothing: the definition stays as it is",
		    head);
	} else if (line.len <= WIDTH) {
		print_line(to, "%-16s%s", head, line.s);
	} else {
		print_line(to, "%-16sALTER TABLE %s", head, s->name);
		for (i = 0; i < n; i++)
			print_line(to, "%-16s%s%s", "", l->item[i].text,
			    i + 1 < l->n ? before(l, i + 1)[0] == ',' ? "," :
			    "" : "");
		if (n < l->n)
			print_more(to, l->n - n);
	}
	str_free(&line);
}

/* "`v`: 3 rows are too long, as 'abc' (id 5)". */
static void
print_misfit(struct str *to, const char *head, const struct summary_misfit *m)
{
	struct str line = STR_INIT;
	size_t i;

	str_addf(&line, "%llu row%s %s", m->rows, m->rows == 1 ? "" : "s",
	    m->text);
	for (i = 0; i < m->sample.n; i++)
		str_addf(&line, "%s %s%s%s", i > 0 ? "," : ": row",
		    m->sample.item[i].name,
		    m->sample.item[i].text[0] != '\0' ? " has " : "",
		    m->sample.item[i].text);
	print_line(to, "%-16s%s", head, line.s);
	str_free(&line);
}

static void
print_misfits(struct str *to, const struct summary_misfits *m)
{
	static const char head[] = "does not fit:";
	size_t i;

	if (m->by_type)
		print_line(to, "%-16snothing, by the types", head);
	else if (m->why_not == NULL)
		print_line(to, "%-16s%s %s%llu rows%s", head, m->n > 0 ?
		    "some of" : "none of", m->all ? "" : "the first ",
		    m->rows, m->all ? "" : "; more were not looked at");
	for (i = 0; i < m->n; i++)
		print_misfit(to, "", &m->misfit[i]);
}

static void
print_estimate(struct str *to, const struct summary_estimate *m)
{
	static const char head[] = "estimate:";
	struct str copy = STR_INIT, compare = STR_INIT;

	if (m->why_not != NULL) {
		print_line(to, "%-16snot measured: %s", head, m->why_not);
		return;
	}
	progress_clock(&copy, m->copy_s);
	progress_clock(&compare, m->compare_s);
	print_line(to, "%-16sabout %s to copy, %s to compare, %.0f MB on disk",
	    head, copy.s, compare.s, (double)m->bytes / (1024.0 * 1024));
	print_line(to, "%-16s(by %llu rows, one connection, and no waits)", "",
	    m->rows);
	str_free(&copy);
	str_free(&compare);
}

void
summary_print(struct str *to, const struct summary *s)
{
	print_line(to, "%-16s%s, about %llu rows, %.0f MB", "table:", s->name,
	    s->rows, (double)s->bytes / (1024.0 * 1024));
	print_line(to, "%-16s%s", "the server:", s->way == NULL ?
	    "was not asked what it could do by itself" : s->way);
	print_estimate(to, &s->estimate);
	print_list(to, "hangs on it:", &s->hangs);
	print_list(to, "applications:", &s->changes);
	if (s->breaks.n > 0)
		print_list(to, "broken by it:", &s->breaks);
	print_list(to, "indexes:", &s->indexes);
	print_misfits(to, &s->misfits);
	print_back(to, s);
	if (s->lost.n > 0)
		print_list(to, "not taken back:", &s->lost);
	if (s->unknown.n > 0)
		print_list(to, "not known:", &s->unknown);
}
