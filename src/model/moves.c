#include "model/moves.h"

#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "base/str.h"
#include "base/util.h"

struct finding {
	struct moves *m;
	const struct moves_said *said;
	const struct structure *old, *new;
	struct str wrong, hint;
	struct err *e;
};

static bool
has(const struct structure *s, const char *name)
{
	return structure_find(s, STRUCTURE_COLUMN, name) != NULL;
}

static void
blame(struct finding *f, const char *option, const char *value,
    const char *what)
{
	str_addf(&f->wrong, "%s%s %s: %s", f->wrong.len > 0 ? ERR_LINE : "",
	    option, value, what);
}

/* At which "=": a name may have one, too. */
static const char *
cut(const struct finding *f, const char *pair)
{
	const char *eq, *first = strchr(pair, '=');
	char *left;
	bool fits;

	for (eq = first; eq != NULL; eq = strchr(eq + 1, '=')) {
		left = xstrndup(pair, (size_t)(eq - pair));
		fits = has(f->old, left) || has(f->new, eq + 1);
		free(left);
		if (fits)
			return eq;
	}
	return first;
}

/* 1: it is to be done; 0: not, for it was done or is wrong. */
static int
judge(struct finding *f, const char *pair, const char *from, const char *to)
{
	bool is_old = has(f->old, from), is_new = has(f->new, to);
	size_t i;

	for (i = 0; i < f->m->n_renames; i++)
		if (same_text(f->m->rename[i].from.raw, from) ||
		    same_text(f->m->rename[i].to.raw, to)) {
			blame(f, "--rename", pair, "another --rename has one "
			    "of these names, too");
			return 0;
		}
	if (!is_new)
		blame(f, "--rename", pair, "the file has no such new column");
	else if (!is_old && !has(f->old, to))
		blame(f, "--rename", pair, "the table has no such column");
	else if (is_old && has(f->old, to) && !same_text(from, to))
		blame(f, "--rename", pair, "the table has both columns");
	return is_old && is_new && (same_text(from, to) ||
	    !has(f->old, to)) && strcmp(from, to) != 0;
}

static int
add_rename(struct finding *f, const char *pair)
{
	const char *eq = cut(f, pair);
	struct moves *m = f->m;
	struct moves_rename r;
	char *left;
	int rc;

	if (eq == NULL) {
		blame(f, "--rename", pair, "not OLD=NEW");
		return 0;
	}
	left = xstrndup(pair, (size_t)(eq - pair));
	rc = ident_set(&r.from, left, f->e) != 0 ||
	    ident_set(&r.to, eq + 1, f->e) != 0 ? -1 : 0;
	free(left);
	if (rc != 0)
		return err_while(f->e, "--rename %s", pair);
	if (judge(f, pair, r.from.raw, r.to.raw) == 0)
		return 0;
	m->rename = xrealloc(m->rename, m->n_renames + 1, sizeof(*m->rename));
	m->rename[m->n_renames++] = r;
	return 0;
}

static bool
is_renamed(const struct moves *m, const char *old)
{
	size_t i;

	for (i = 0; i < m->n_renames; i++)
		if (same_text(m->rename[i].from.raw, old))
			return true;
	return false;
}

static int
read_renames(struct finding *f)
{
	const char *rest = f->said->rename;
	char *pair;
	int rc = 0;

	while (rest != NULL && *rest != '\0' && rc == 0) {
		pair = list_next(&rest);
		rc = add_rename(f, pair);
		free(pair);
	}
	return rc;
}

/* Is it said that this column goes? */
static bool
drops(const struct finding *f, const char *name)
{
	const char *rest = f->said->drop;
	char *one;
	bool is = false;

	while (rest != NULL && *rest != '\0' && !is) {
		one = list_next(&rest);
		is = same_text(one, name);
		free(one);
	}
	return is;
}

/* What was in a plain column of that name is lost. */
static bool
is_computed(const struct structure *s, const char *name)
{
	const struct structure_item *it = structure_find(s, STRUCTURE_COLUMN,
	    name);

	return it != NULL && structure_generated(it) != 0;
}

static void
judge_drops(struct finding *f)
{
	const char *rest = f->said->drop;
	char *one;

	while (rest != NULL && *rest != '\0') {
		one = list_next(&rest);
		if (is_renamed(f->m, one))
			blame(f, "--drop", one, "--rename has it, too");
		else if (has(f->new, one) && !is_computed(f->new, one))
			blame(f, "--drop", one, "the file has it");
		free(one);
	}
}

static void
add_name(struct str *q, const char *before, const char *name)
{
	str_addf(q, "%s%s%s", q->len > 0 ? ", " : "", before, name);
}

/* Plain columns whose values the server would replace. */
static void
find_computed(struct finding *f)
{
	const struct structure_item *is, *was;
	struct str lost = STR_INIT;
	size_t i;

	for (i = 0; i < f->new->n; i++) {
		is = &f->new->item[i];
		if (is->kind != STRUCTURE_COLUMN ||
		    structure_generated(is) == 0)
			continue;
		was = moves_source(f->m, f->old, is->name.raw);
		if (was == NULL || structure_generated(was) != 0 ||
		    drops(f, was->name.raw))
			continue;
		add_name(&lost, "", was->name.sql);
		str_addf(&f->hint, "%s--drop %s", f->hint.len > 0 ? ", " : "",
		    was->name.raw);
	}
	if (lost.len > 0)
		str_addf(&f->wrong, "%scolumns whose values are lost, as they "
		    "are generated in the file: %s", f->wrong.len > 0 ?
		    ERR_LINE : "", lost.s);
	str_free(&lost);
}

/* Columns of the table that nothing says anything about. */
static void
find_unsaid(struct finding *f)
{
	const struct structure_item *it;
	struct str lost = STR_INIT, added = STR_INIT;
	size_t i;

	for (i = 0; i < f->old->n; i++) {
		it = &f->old->item[i];
		if (it->kind != STRUCTURE_COLUMN ||
		    is_renamed(f->m, it->name.raw) ||
		    drops(f, it->name.raw) || has(f->new, it->name.raw))
			continue;
		add_name(&lost, "", it->name.sql);
		str_addf(&f->hint, "%s--drop %s or --rename %s=NEW",
		    f->hint.len > 0 ? ", " : "", it->name.raw, it->name.raw);
	}
	for (i = 0; i < f->new->n; i++) {
		it = &f->new->item[i];
		if (it->kind == STRUCTURE_COLUMN &&
		    moves_source(f->m, f->old, it->name.raw) == NULL)
			add_name(&added, "", it->name.sql);
	}
	if (lost.len > 0)
		str_addf(&f->wrong, "%scolumns that only the table has: %s%s%s",
		    f->wrong.len > 0 ? ERR_LINE : "", lost.s, added.len > 0 ?
		    "; that only the file has: " : "", added.s);
	str_free(&lost);
	str_free(&added);
}

int
moves_find(struct moves *m, const struct moves_said *said,
    const struct structure *old, const struct structure *new, struct err *e)
{
	struct finding f = { m, said, old, new, STR_INIT, STR_INIT, e };
	int rc = read_renames(&f);

	if (rc == 0) {
		judge_drops(&f);
		find_unsaid(&f);
		find_computed(&f);
	}
	if (rc == 0 && f.wrong.len > 0) {
		rc = err_set(e, ERR_REFUSED, "--to %s: %s", said->file,
		    f.wrong.s);
		if (f.hint.len > 0)
			err_hint(e, "say what becomes of them: %s", f.hint.s);
	}
	str_free(&f.wrong);
	str_free(&f.hint);
	return rc;
}

void
moves_free(struct moves *m)
{
	free(m->rename);
	m->rename = NULL;
	m->n_renames = 0;
}

const char *
moves_new_name(const struct moves *m, const char *old)
{
	size_t i;

	for (i = 0; i < m->n_renames; i++)
		if (same_text(m->rename[i].from.raw, old))
			return m->rename[i].to.raw;
	return old;
}

const struct structure_item *
moves_source(const struct moves *m, const struct structure *old,
    const char *new)
{
	size_t i;

	for (i = 0; i < m->n_renames; i++)
		if (same_text(m->rename[i].to.raw, new))
			return structure_find(old, STRUCTURE_COLUMN,
			    m->rename[i].from.raw);
	if (is_renamed(m, new))
		return NULL;
	return structure_find(old, STRUCTURE_COLUMN, new);
}
