/* A statement: putting it together, and running it. */
#include "hammer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void
sql_put(struct worker *w, const char *fmt, ...)
{
	va_list ap;
	int n;

	for (;;) {
		va_start(ap, fmt);
		n = vsnprintf(w->sql + w->len, w->cap - w->len, fmt, ap);
		va_end(ap);
		if (n >= 0 && (size_t)n < w->cap - w->len)
			break;
		w->cap = w->cap * 2 + (size_t)n + 1;
		w->sql = realloc(w->sql, w->cap);
		if (w->sql == NULL)
			die("out of memory");
	}
	w->len += (size_t)n;
}

void
sql_begin(struct worker *w)
{
	w->len = 0;
	sql_put(w, "%s", "");
}

/* The result is read away. */
bool
sql_run(struct worker *w, const char *sql, size_t len)
{
	double start = now_s();
	MYSQL_RES *res;
	bool ok;

	ok = mysql_real_query(w->my, sql, len) == 0;
	if (ok && mysql_field_count(w->my) > 0) {
		res = mysql_store_result(w->my);
		ok = res != NULL;
		mysql_free_result(res);
	}
	stats_statement(w, sql, len, start, now_s());
	if (!ok)
		stats_error(w, sql, len, start);
	return ok;
}

bool
sql_simple(struct worker *w, const char *sql)
{
	return sql_run(w, sql, strlen(sql));
}

/*
 * Runs what was put together, with the table's name for each \1: for the
 * table, and then for the control table.
 */
bool
sql_both(struct worker *w)
{
	const char *name[2] = { opt.table, opt.control }, *p;
	char buf[8192];
	size_t n, l;
	int i;

	for (i = 0; i < 2 && name[i] != NULL; i++) {
		l = strlen(name[i]);
		n = 0;
		for (p = w->sql; *p != '\0'; p++) {
			if (n + l + 1 >= sizeof(buf))
				die("statement too long");
			if (*p == '\1') {
				memcpy(buf + n, name[i], l);
				n += l;
			} else
				buf[n++] = *p;
		}
		if (!sql_run(w, buf, n))
			return false;
	}
	return true;
}
