#include "model/standin.h"

#include <stdlib.h>
#include <string.h>

#include "base/text_list.h"
#include "base/util.h"
#include "model/cutover_fkeys.h"
#include "model/lex.h"
#include "model/registry_row.h"

static void
note(struct str *list, const char *kind, const struct ident *stand_in,
    const struct ident *name)
{
	text_list_add(list, kind);
	text_list_add(list, stand_in->raw);
	text_list_add(list, name->raw);
	text_list_add(list, "");
	text_list_add(list, "");
	text_list_add(list, "");
}


size_t
standin_end(const char *text)
{
	size_t len = strlen(text), end = len;

	while (end > 0 && strchr("; \t\r\n", text[end - 1]) != NULL)
		end--;
	return strchr(text + end, ';') != NULL ? end : len;
}

/* A name as the text has it; nothing when it has other characters than
 * ASCII. */
static void
add_written(struct str *list, const struct user_trigger *t,
    struct user_trigger_part part)
{
	char *text = xstrndup(t->create + part.at, part.end - part.at);
	const char *p = text;

	while (*p > 0)
		p++;
	text_list_add(list, *p == '\0' ? text : "");
	free(text);
}

/* With how its text writes the two names. */
static void
note_trigger(struct str *list, const struct user_trigger *t)
{
	struct ident other;

	user_trigger_stand_in(&other, t);
	text_list_add(list, STANDIN_TRIGGER);
	text_list_add(list, other.raw);
	text_list_add(list, t->name.raw);
	add_written(list, t, t->called);
	add_written(list, t, t->table);
	text_list_add(list, t->create + standin_end(t->create));
}

/* cutover_fkeys_pair_fn */
static void
note_key(void *list, const struct ident *stand_in, const struct ident *name)
{
	note(list, STANDIN_KEY, stand_in, name);
}

/* As it will be in the table that takes the other's place. */
static void
note_apart(struct str *list, const struct plan *p, const struct fkey *k)
{
	struct fkeys one = FKEYS_INIT;
	struct str text = STR_INIT;

	fkey_add(&one, k);
	one.key[0].child = p->names.old;
	one.key[0].parent = p->names.old;
	fkey_keep(&text, &one);
	text_list_add(list, STANDIN_APART);
	text_list_add(list, "");
	text_list_add(list, k->name.raw);
	text_list_add(list, text.s);
	text_list_add(list, "");
	text_list_add(list, "");
	str_free(&text);
	fkey_free(&one);
}

void
standin_note(struct str *list, const struct plan *p, const struct alter *a)
{
	const struct dependents *dependents = p->dependents;
	struct ident other;
	size_t i;

	cutover_fkeys_pairs(p, a, note_key, list);
	for (i = 0; i < p->apart_new.n; i++)
		if (!alter_drops_fkey(a, p->apart_new.key[i].name.raw))
			note_apart(list, p, &p->apart_new.key[i]);
	for (i = 0; p->follow_children && i < dependents->child.n; i++) {
		fkey_stand_in(&other, dependents->child.key[i].name.raw);
		note(list, STANDIN_CHILD, &other,
		    &dependents->child.key[i].name);
	}
	for (i = 0; i < dependents->n_triggers; i++)
		note_trigger(list, &dependents->trigger[i]);
}

bool
standin_next(struct standin *p, const char **list)
{
	p->kind = text_list_next(list);
	p->stand_in = p->kind != NULL ? text_list_next(list) : NULL;
	p->name = p->stand_in != NULL ? text_list_next(list) : NULL;
	p->written = p->name != NULL ? text_list_next(list) : NULL;
	p->table = p->written != NULL ? text_list_next(list) : NULL;
	p->end = p->table != NULL ? text_list_next(list) : NULL;
	return p->end != NULL;
}

void
standin_free(struct standin *p)
{
	free(p->kind);
	free(p->stand_in);
	free(p->name);
	free(p->written);
	free(p->table);
	free(p->end);
}

/* Does the registry know whose stand-in it is? */
bool
standin_find(struct ident *to, const char *pairs, const char *kind,
    const char *stand_in)
{
	struct err ignored = { .kind = ERR_NONE };
	const char *list = pairs;
	struct standin p;
	bool found = false;

	while (!found && standin_next(&p, &list)) {
		found = strcmp(p.kind, kind) == 0 &&
		    same_text(p.stand_in, stand_in) &&
		    ident_set(to, p.name, &ignored) == 0;
		standin_free(&p);
	}
	if (!found)
		standin_free(&p);
	return found;
}

/* Take it from the front, or from the end: 1 when it was there. */
static bool
strip(char *name, const char *before, const char *after)
{
	size_t len = strlen(name), b = strlen(before), a = strlen(after);

	if (len <= a + b || strncmp(name, before, b) != 0 ||
	    strcmp(name + len - a, after) != 0)
		return false;
	name[len - a] = '\0';
	memmove(name, name + b, len - a - b + 1);
	return true;
}

/*
 * Whose stand-in is it?  No other name has ours in it; and what is
 * not a stand-in is left alone.
 */
bool
standin_real(struct ident *to, const char *pairs, const char *kind,
    const char *name)
{
	struct err ignored = { .kind = ERR_NONE };
	char raw[IDENT_BYTES + 1];
	struct ident known, other;
	bool any;

	if (strstr(name, "livealter") == NULL || strlen(name) > IDENT_BYTES)
		return false;
	if (standin_find(&known, pairs, kind, name)) {
		fkey_stand_in(&other, known.raw);
		/* A child may be in another schema. */
		if (strcmp(kind, STANDIN_CHILD) != 0 ||
		    same_text(other.raw, name)) {
			*to = known;
			return true;
		}
	}
	memcpy(raw, name, strlen(name) + 1);
	any = strcmp(kind, STANDIN_KEY) == 0 && strip(raw, "livealter_", "");
	any = strip(raw, "~livealter_", "") || any;
	any = strip(raw, "", "_livealter") || any;
	return any && ident_set(to, raw, &ignored) == 0;
}

bool
standin_writes(const char *text, const struct user_trigger *t,
    const struct qname *of)
{
	struct lex_mode mode = {
		.ansi_quotes = strstr(t->sql_mode, "ANSI_QUOTES") != NULL };
	struct err ignored = { .kind = ERR_NONE };
	struct ident db = of->db, table;
	struct lex l;
	size_t i, len = 0;
	bool yes;

	yes = lex_scan(&l, text, &mode, &ignored) == 0 &&
	    (l.n == 1 || (l.n == 3 && lex_punct(&l, 1, '.'))) &&
	    lex_named(&l, 0) && lex_named(&l, l.n - 1) &&
	    lex_name(&l, 0, &db, &ignored) == 0 &&
	    lex_name(&l, l.n - 1, &table, &ignored) == 0 &&
	    same_text(table.raw, of->table.raw) &&
	    (l.n == 1 || same_text(db.raw, of->db.raw));
	for (i = 0; i < l.n; i++)
		len += l.token[i].len;
	lex_free(&l);
	return yes && len == strlen(text);
}

/* What is no definition of such a key is a lie of the registry's. */
void
standin_apart(struct fkeys *f, const char *pairs, const struct qname *table)
{
	struct err ignored = { .kind = ERR_NONE };
	struct fkeys one;
	struct standin p;

	while (standin_next(&p, &pairs)) {
		one = (struct fkeys)FKEYS_INIT;
		if (strcmp(p.kind, STANDIN_APART) == 0 &&
		    fkey_recall(&one, p.written, &ignored) == 0 &&
		    one.n == 1 && fkey_is_self(&one.key[0]) &&
		    strcmp(one.key[0].child.sql, table->sql) == 0)
			fkey_add(f, &one.key[0]);
		fkey_free(&one);
		standin_free(&p);
	}
	standin_free(&p);
}
