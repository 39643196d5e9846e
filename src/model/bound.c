#include "model/bound.h"

#include <stdlib.h>
#include <string.h>

#include "base/util.h"

void
bound_read(struct str *q, const struct column *c)
{
	switch (c->kind) {
	case KIND_TEXT:
	case KIND_BINARY:
		str_addf(q, "HEX(%s)", c->name.sql);
		break;
	case KIND_BIT:
	case KIND_ENUM:
		str_addf(q, "%s + 0", c->name.sql);
		break;
	case KIND_NUMBER:
	case KIND_TIME:
	case KIND_UUID:
	case KIND_FLOAT:
	case KIND_JSON:
	case KIND_OTHER:
		str_addz(q, c->name.sql);
		break;
	}
}

static char *
literal(const struct column *c, const char *value)
{
	struct str s = STR_INIT;

	switch (c->kind) {
	case KIND_TEXT:
		str_addf(&s, "_%s x'%s'", c->charset, value);
		break;
	case KIND_BINARY:
		str_addf(&s, "x'%s'", value);
		break;
	case KIND_TIME:
	case KIND_UUID:
		str_addf(&s, "'%s'", value);
		break;
	case KIND_NUMBER:
	case KIND_BIT:
	case KIND_ENUM:
	case KIND_FLOAT:
	case KIND_JSON:
	case KIND_OTHER:
		str_addz(&s, value);
		break;
	}
	return str_take(&s);
}

void
bound_set(struct bound *b, const struct table *t, const struct key *k,
    char *const *cell)
{
	size_t i;

	bound_free(b);
	b->literal = xcalloc(k->n, sizeof(*b->literal));
	b->n = k->n;
	for (i = 0; i < k->n; i++)
		b->literal[i] = literal(&t->column[k->part[i].column],
		    cell[i]);
}

void
bound_copy(struct bound *to, const struct bound *from)
{
	size_t i;

	bound_free(to);
	if (from->literal == NULL)
		return;
	to->literal = xcalloc(from->n, sizeof(*to->literal));
	to->n = from->n;
	for (i = 0; i < from->n; i++)
		to->literal[i] = xstrdup(from->literal[i]);
}

bool
bound_equal(const struct bound *a, const struct bound *b)
{
	size_t i;

	if (a->literal == NULL || b->literal == NULL)
		return a->literal == b->literal;
	for (i = 0; i < a->n; i++)
		if (strcmp(a->literal[i], b->literal[i]) != 0)
			return false;
	return true;
}

void
bound_free(struct bound *b)
{
	struct bound none = BOUND_INIT;
	size_t i;

	for (i = 0; i < b->n; i++)
		free(b->literal[i]);
	free(b->literal);
	*b = none;
}

void
bound_print(struct str *out, const struct bound *b)
{
	size_t i;

	for (i = 0; i < b->n; i++)
		str_addf(out, "%s%s", i > 0 ? ", " : "", b->literal[i]);
}
