#include "model/names.h"

#include <string.h>

/* A name that comes after the table's, byte by byte. */
static void
name_after(struct qname *q, const struct names *n, const char *suffix)
{
	const char *table = n->old.table.raw;
	struct ident id;

	ident_derive(&id, "", table, suffix);
	/* A long name was cut; these begin with the last of all characters. */
	if (strcmp(id.raw, table) < 0)
		ident_derive(&id, "~", table, suffix);
	if (strcmp(id.raw, table) < 0)
		ident_derive(&id, "\xef\xbf\xae", table, suffix);
	qname_beside(q, &n->old, &id);
}

void
names_derive(struct names *n)
{
	const char *table = n->old.table.raw;
	struct ident id;

	ident_derive(&id, "_", table, "_new");
	qname_beside(&n->shadow, &n->old, &id);
	ident_derive(&id, "_", table, "_old");
	qname_beside(&n->attic, &n->old, &id);
	ident_derive(&id, "_", table, "_notes");
	qname_beside(&n->notes, &n->old, &id);
	name_after(&n->parked, n, "_livealter");
	ident_derive(&id, "_", table, "_back");
	qname_beside(&n->back_notes, &n->old, &id);
}

void
names_turn(struct names *n)
{
	struct qname shadow = n->shadow, notes = n->notes;

	n->shadow = n->attic;
	n->attic = shadow;
	n->notes = n->back_notes;
	n->back_notes = notes;
}

void
names_trial(struct qname *trial, const struct names *n)
{
	struct ident id;

	ident_plain(&id, "", n->shadow.table.raw, "_try");
	qname_beside(trial, &n->shadow, &id);
}
