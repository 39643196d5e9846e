#include "model/outcome.h"

#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "model/check_names.h"
#include "model/cutover_fkeys.h"
#include "model/ddl.h"

/* The names that the server made follow the table. */
static bool
rename_check(void *arg, const char *name, struct ident *to)
{
	const struct plan *p = arg;
	const struct ident *shadow = &p->names.shadow.table;

	if (!check_names_follow(name, shadow->raw))
		return false;
	ident_derive(to, "", p->names.old.table.raw,
	    name + strlen(shadow->raw));
	return true;
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(((const struct fkey *)a)->name.raw,
	    ((const struct fkey *)b)->name.raw);
}

/* As SHOW CREATE TABLE has it: the schema only where it is another one. */
static char *
text_of(const struct plan *p, const struct fkey *k)
{
	struct qname parent = k->parent;
	struct str s = STR_INIT;

	if (strcmp(parent.db.raw, p->names.old.db.raw) == 0)
		memcpy(parent.sql, parent.table.sql,
		    strlen(parent.table.sql) + 1);
	fkey_definition(&s, k, &k->name, &parent, NULL);
	return str_take(&s);
}

int
outcome_create(struct str *out, const struct plan *p, const struct alter *a,
    struct err *e)
{
	struct plan copy = { .names = p->names, .server = p->server };
	struct fkeys f = FKEYS_INIT;
	struct ddl_final how = { .to = &p->names.old.table,
	    .rename_check = p->server->mariadb ? NULL : rename_check,
	    .arg = &copy };
	char **text;
	size_t i;
	int rc;

	cutover_fkeys_final(&f, p, a);
	if (f.n > 0)
		qsort(f.key, f.n, sizeof(*f.key), by_name);
	text = xcalloc(f.n + 1, sizeof(*text));
	for (i = 0; i < f.n; i++)
		text[i] = text_of(p, &f.key[i]);
	how.fkey = text;
	how.n_fkeys = f.n;
	rc = ddl_finally(out, p->new->create, &how, e);
	for (i = 0; i < f.n; i++)
		free(text[i]);
	free(text);
	fkey_free(&f);
	return rc;
}
