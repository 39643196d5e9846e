#include "model/width.h"

#include "model/type.h"

/* What InnoDB keeps beside the columns of a row, and of an entry. */
#define ROW_EXTRA	20
#define ENTRY_EXTRA	6

static const struct {
	const char *type;
	unsigned int bytes;
} fixed[] = {
	{ "tinyint", 1 }, { "smallint", 2 }, { "mediumint", 3 }, { "int", 4 },
	{ "bigint", 8 }, { "float", 4 }, { "double", 8 }, { "year", 1 },
	{ "date", 3 }, { "time", 4 }, { "datetime", 6 }, { "timestamp", 5 },
	{ "decimal", 6 }, { "enum", 1 }, { "set", 2 }, { "bit", 2 },
	{ "uuid", 16 }, { "inet6", 16 }, { "inet4", 4 },
};

static void
add(struct str *q, const struct column *c, unsigned int prefix)
{
	size_t i;

	for (i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++)
		if (type_is(c, fixed[i].type)) {
			str_addf(q, " + %u", fixed[i].bytes);
			return;
		}
	if (prefix > 0)
		str_addf(q, " + LEAST(%u, COALESCE(LENGTH(%s), 0))", prefix,
		    c->name.sql);
	else
		str_addf(q, " + COALESCE(LENGTH(%s), 0)", c->name.sql);
}

void
width_row(struct str *q, const struct table *t)
{
	size_t i;

	str_addf(q, "%d", ROW_EXTRA);
	for (i = 0; i < t->n_columns; i++)
		if (!t->column[i].generated)
			add(q, &t->column[i], 0);
}

static void
add_key(struct str *q, const struct table *t, const struct key *k)
{
	size_t i;

	for (i = 0; i < k->n && !k->opaque; i++)
		add(q, &t->column[k->part[i].column], k->part[i].prefix);
}

void
width_indexes(struct str *q, const struct table *t)
{
	const struct key *primary = table_key(t, "PRIMARY");
	size_t i;

	str_addz(q, "0");
	for (i = 0; i < t->n_keys; i++) {
		if (t->key[i].primary)
			continue;
		str_addf(q, " + %d", ENTRY_EXTRA);
		add_key(q, t, &t->key[i]);
		if (primary != NULL)
			add_key(q, t, primary);
	}
}
