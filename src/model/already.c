#include "model/already.h"

#include <string.h>

#include "base/util.h"
#include "model/fkey.h"
#include "model/lex.h"

/* Table options may follow one another without a comma. */
static bool
rebuilds(const struct lex *l, size_t i, size_t end, bool taken)
{
	static const char *const other[] = { "ADD", "DROP", "MODIFY", "CHANGE",
	    "ALTER", "RENAME", "CONVERT", "PARTITION", NULL };
	static const char *const word[] = { "FORCE", "ENGINE", "ROW_FORMAT",
	    "KEY_BLOCK_SIZE", "ORDER", "REBUILD", "COALESCE", NULL };

	if (lex_any(l, i, other))
		return false;
	if (lex_is(l, i, "REORGANIZE"))
		return taken;
	for (; i < end; i++)
		if (lex_any(l, i, word))
			return true;
	return false;
}

bool
already_rebuilds(const struct alter *a, const struct server *s, bool taken)
{
	struct lex l;
	bool yes = a->n_clauses == 0 || !alter_scan(&l, a->text, s);
	size_t i, end, k;

	if (a->n_clauses == 0)
		return true;
	for (k = 0; k < a->n_clauses && !yes; k++) {
		alter_clause_tokens(&l, &a->clause[k], &i, &end);
		yes = rebuilds(&l, i, end, taken);
	}
	lex_free(&l);
	return yes;
}

bool
already_moves(const struct alter *a, const struct table *t)
{
	const struct alter_item *it;
	size_t i;

	for (i = 0; i < a->n; i++) {
		it = &a->item[i];
		if ((it->what == ALTER_DROP_COLUMN ||
		    it->what == ALTER_RENAME_COLUMN) &&
		    table_column(t, it->from.raw) != NULL)
			return true;
	}
	return false;
}

/* A cascade's key stays on the new table until the end, whatever drops it. */
static void
forget_dropped(struct structure *is, const struct alter *a)
{
	struct ident name;
	size_t i;

	for (i = 0; i < a->n; i++)
		if (a->item[i].what == ALTER_DROP_FKEY ||
		    a->item[i].what == ALTER_DROP_CONSTRAINT) {
			fkey_stand_in(&name, a->item[i].from.raw);
			structure_rename(is, name.raw, NULL);
		}
}

bool
already_same(const struct structure *was, struct structure *is,
    const struct alter *a, bool twins)
{
	struct ident name, to;
	size_t i;

	forget_dropped(is, a);
	for (i = 0; i < a->n; i++)
		if (a->item[i].what == ALTER_ADD_FKEY &&
		    a->item[i].from.raw[0] != '\0') {
			alter_stand_in(&name, &a->item[i]);
			fkey_stand_in(&to, a->item[i].from.raw);
			structure_rename(is, name.raw, to.raw);
		}
	return structure_same(was, is, twins);
}
