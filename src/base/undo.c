#include "base/undo.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/print.h"
#include "base/str.h"
#include "base/util.h"

static bool
matches(const struct undo_item *it, enum undo_what what)
{
	return what == UNDO_ANY || it->what == what;
}

static void
remove_at(struct undo *u, size_t i)
{
	pthread_mutex_lock(&u->lock);
	free(u->item[i].sql);
	u->n--;
	memmove(u->item + i, u->item + i + 1, (u->n - i) * sizeof(*u->item));
	if (u->n == 0) {
		free(u->item);
		u->item = NULL;
		u->cap = 0;
	}
	pthread_mutex_unlock(&u->lock);
}

void
undo_push(struct undo *u, enum undo_what what, const char *fmt, ...)
{
	struct str b = STR_INIT;
	va_list ap;

	va_start(ap, fmt);
	str_vaddf(&b, fmt, ap);
	va_end(ap);
	pthread_mutex_lock(&u->lock);
	if (u->n == u->cap) {
		u->cap = u->cap ? 2 * u->cap : 8;
		u->item = xrealloc(u->item, u->cap, sizeof(*u->item));
	}
	u->item[u->n].what = what;
	u->item[u->n].sql = str_take(&b);
	u->n++;
	pthread_mutex_unlock(&u->lock);
}

void
undo_pop(struct undo *u)
{
	if (u->n > 0)
		remove_at(u, u->n - 1);
}

void
undo_forget(struct undo *u, enum undo_what what)
{
	size_t i;

	for (i = u->n; i > 0; i--)
		if (matches(&u->item[i - 1], what))
			remove_at(u, i - 1);
}

void
undo_forget_but(struct undo *u, enum undo_what what)
{
	size_t i;

	for (i = u->n; i > 0; i--)
		if (!matches(&u->item[i - 1], what))
			remove_at(u, i - 1);
}

bool
undo_owes(struct undo *u, enum undo_what what)
{
	bool yes = false;
	size_t i;

	pthread_mutex_lock(&u->lock);
	for (i = 0; i < u->n && !yes; i++)
		yes = matches(&u->item[i], what);
	pthread_mutex_unlock(&u->lock);
	return yes;
}

bool
undo_owes_only(struct undo *u, enum undo_what what)
{
	bool yes = true;
	size_t i;

	pthread_mutex_lock(&u->lock);
	for (i = 0; i < u->n && yes; i++)
		yes = matches(&u->item[i], what);
	pthread_mutex_unlock(&u->lock);
	return yes;
}

/* What only sets up the session, for what comes after it. */
static bool
is_setting(const char *sql)
{
	return strncmp(sql, "SET ", 4) == 0 || strncmp(sql, "USE ", 4) == 0;
}

/* Should one fail, whoever runs the rest needs the settings, too. */
int
undo_run(struct undo *u, enum undo_what what, undo_run_fn *run, void *arg,
    struct err *e)
{
	size_t i;

	for (i = u->n; i > 0; i--) {
		if (!matches(&u->item[i - 1], what))
			continue;
		if (run(arg, u->item[i - 1].what, u->item[i - 1].sql, e) != 0)
			return -1;
		if (!is_setting(u->item[i - 1].sql))
			remove_at(u, i - 1);
	}
	undo_forget(u, what);
	return 0;
}

void
undo_print(struct undo *u, struct str *to)
{
	size_t i;

	pthread_mutex_lock(&u->lock);
	for (i = u->n; i > 0; i--)
		print_sql(to, "%s", u->item[i - 1].sql);
	pthread_mutex_unlock(&u->lock);
}
