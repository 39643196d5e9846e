#include "model/names.h"

#include <assert.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/escape.h"

/* A name that comes before the table's, byte by byte. */
static void
name_before(struct qname *q, const struct names *n, const char *suffix)
{
	static const char *const first[] = { "_", "!", " ", "\x01" };
	const char *table = n->old.table.raw;
	struct ident id;
	size_t i;

	for (i = 0; i < sizeof(first) / sizeof(first[0]); i++) {
		ident_derive(&id, first[i], table, suffix);
		if (strcmp(id.raw, table) < 0)
			break;
	}
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
	qname_beside(&n->rejects, &n->old, &id);
	name_before(&n->parked, n, "_livealter");
	ident_derive(&id, "_", table, "_back");
	qname_beside(&n->back_rejects, &n->old, &id);
}

#define COMMENT	"livealter: rejects of"

void
names_comment(struct str *comment, const struct names *n)
{
	/* Shown in the plan as a part of a statement: in one line. */
	str_addz(comment, COMMENT " ");
	escape_line(comment, n->shadow.table.sql);
	str_addz(comment, ", ");
	escape_line(comment, n->attic.table.sql);
}

bool
names_vouch(const char *comment, const struct qname *table)
{
	const char *at = comment;
	struct str name = STR_INIT;
	bool found = false;

	if (strncmp(comment, COMMENT, strlen(COMMENT)) != 0)
		return false;
	escape_line(&name, table->table.sql);
	/* A quote that is in a name is doubled. */
	for (; !found && (at = strstr(at, name.s)) != NULL; at++)
		found = at[-1] == ' ' &&
		    (at[name.len] == ',' || at[name.len] == '\0');
	str_free(&name);
	return found;
}

void
names_reverse(struct names *n)
{
	struct qname shadow = n->shadow, rejects = n->rejects;

	n->shadow = n->attic;
	n->attic = shadow;
	n->rejects = n->back_rejects;
	n->back_rejects = rejects;
}

void
names_trial(struct qname *trial, const struct names *n)
{
	struct ident id;

	ident_plain(&id, "", n->shadow.table.raw, "_try");
	qname_beside(trial, &n->shadow, &id);
}

/* Who adds a name to the struct adds it to the list. */
static_assert(sizeof(struct names) == 6 * sizeof(struct qname),
    "names_made() has all the names but the user's");

bool
names_made(struct qname *made, const struct names *n, size_t i)
{
	const struct qname *const field[] = { &n->shadow, &n->attic,
	    &n->rejects, &n->parked, &n->back_rejects };
	const size_t fields = sizeof(field) / sizeof(field[0]);
	struct ident id;

	if (i < fields) {
		*made = *field[i];
	} else if (i == fields) {
		names_trial(made, n);
	} else {
		ident_derive(&id, "", REGISTRY_NAME, "");
		qname_beside(made, &n->old, &id);
	}
	return i <= fields + 1;
}

/* Part of a name, for whoever looks for words. */
static bool
is_inside(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '$' ||
	    (unsigned char)c >= 0x80;
}

static bool
has_word(const char *text, const char *word)
{
	const char *at = text;
	size_t len = strlen(word);

	while ((at = strstr(at, word)) != NULL) {
		if ((at == text || !is_inside(at[-1])) && !is_inside(at[len]))
			return true;
		at++;
	}
	return false;
}

bool
names_mentions(const struct names *n, const char *text)
{
	struct qname made;
	bool yes = false;
	size_t i;

	for (i = 0; !yes && names_made(&made, n, i); i++)
		yes = has_word(text, made.table.raw);
	return yes;
}

void
names_next(struct ident *to, const struct ident *base, int n)
{
	char before[NAMES_UNDERSCORES + 1], after[16];

	if (n >= NAMES_UNDERSCORES) {
		snprintf(after, sizeof(after), "_%d", n + 1);
		ident_derive(to, "", base->raw, after);
		return;
	}
	memset(before, '_', sizeof(before));
	before[n] = '\0';
	ident_derive(to, before, base->raw, "");
}

bool
names_is_free(const char *name, const struct ident *base)
{
	struct ident id;
	int n;

	for (n = 0; n <= NAMES_TRIES; n++) {
		names_next(&id, base, n);
		if (strcmp(id.raw, name) == 0)
			return true;
	}
	return false;
}

void
names_trigger(struct qname *to, const struct qname *table, int i, bool back)
{
	/* In the order of enum trigger_event.  No table's forward triggers are
	 * called like those of the revert. */
	static const char *const suffix[2][NAMES_TRIGGERS] = {
		{ "_del", "_upd", "_ins" }, { "_rdel", "_rupd", "_rins" } };
	struct ident id;

	ident_apart(&id, "livealter_", table->table.raw, suffix[back][i]);
	qname_beside(to, table, &id);
}

unsigned int
names_lost(const struct qname *table)
{
	return (unsigned int)ident_hash(table->sql);
}

void
names_trial_trigger(struct qname *to, const struct qname *table)
{
	struct ident id;

	ident_apart(&id, "livealter_", table->table.raw, "_try");
	qname_beside(to, table, &id);
}
