#include "base/summary.h"

#include <stdarg.h>
#include <stdlib.h>

#include "base/print.h"
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

static void
free_list(struct summary_list *l)
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
summary_free(struct summary *s)
{
	free_list(&s->hangs);
	free_list(&s->changes);
	free_list(&s->indexes);
}

/* Five lists of so many are a screen, with what is said of the table. */
#define LINES	6

static void
print_list(struct str *to, const char *head, const struct summary_list *l)
{
	size_t i, n = l->n > LINES ? LINES - 1 : l->n;

	if (l->n == 0)
		print_line(to, "%-14snone", head);
	for (i = 0; i < n; i++)
		print_line(to, "%-14s%s", i == 0 ? head : "", l->item[i].text);
	if (n < l->n)
		print_line(to, "%-14sand %zu more (--output=json has them "
		    "all)", "", l->n - n);
}

void
summary_print(struct str *to, const struct summary *s)
{
	print_line(to, "%-14s%s, about %llu rows, %.0f MB", "table:", s->name,
	    s->rows, (double)s->bytes / (1024.0 * 1024));
	print_line(to, "%-14s%s", "the server:", s->way == NULL ?
	    "was not asked what it could do by itself" : s->way);
	print_list(to, "hangs on it:", &s->hangs);
	print_list(to, "applications:", &s->changes);
	print_list(to, "indexes:", &s->indexes);
}
