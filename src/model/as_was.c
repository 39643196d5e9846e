#include "model/as_was.h"

#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "model/check_names.h"
#include "model/ddl.h"

struct renamed {
	const struct ident *from, *to;
};

/* MySQL: the names that the server made follow the table. */
static bool
rename_check(void *arg, const char *name, struct ident *to)
{
	const struct renamed *r = arg;

	if (!check_names_follow(name, r->from->raw))
		return false;
	ident_derive(to, "", r->to->raw, name + strlen(r->from->raw));
	return true;
}

static int
by_name(const void *a, const void *b)
{
	return strcmp((*(const struct fkey *const *)a)->name.raw,
	    (*(const struct fkey *const *)b)->name.raw);
}

/* A key to the table itself references it by the name that it has then. */
static void
add_key(struct str *q, const struct fkey *k, const struct qname *name)
{
	bool self = fkey_is_self(k) || same_text(k->parent.sql, name->sql);

	str_addz(q, "\n");
	fkey_definition(q, k, &k->name, self ? name : &k->parent, NULL);
}

void
as_was_text(struct str *q, const struct table *t, const struct fkeys *f,
    const struct qname *name)
{
	const struct fkey **sorted = xcalloc(f->n + 1, sizeof(*sorted));
	bool mariadb = t->n_columns > 0 && t->column[0].mariadb;
	struct renamed renamed = { &t->name.table, &name->table };
	const struct ddl_final how = { .to = &name->table,
	    .rename_check = mariadb ? NULL : rename_check, .arg = &renamed };
	struct err ignored = { .kind = ERR_NONE };
	struct str create = STR_INIT;
	struct table bare = { .create = t->create };
	size_t i;

	if (ddl_finally(&create, t->create, &how, &ignored) == 0)
		bare.create = create.s;
	table_definition(q, &bare);
	for (i = 0; i < f->n; i++)
		sorted[i] = &f->key[i];
	if (f->n > 1)
		qsort(sorted, f->n, sizeof(*sorted), by_name);
	for (i = 0; i < f->n; i++)
		add_key(q, sorted[i], name);
	free(sorted);
	str_free(&create);
}
