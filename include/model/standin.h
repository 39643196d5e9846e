#ifndef STANDIN_H
#define STANDIN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/ident.h"
#include "base/str.h"
#include "model/alter.h"
#include "model/plan.h"

/*
 * The names that foreign keys and triggers go by while the tables change
 * places, and whose they are.
 */
#define STANDIN_KEY	"key"
#define STANDIN_CHILD	"child"		/* a key of another table */
#define STANDIN_TRIGGER	"trigger"
/* No stand-in, but a key that comes at the end (model/apart.h): its definition
 * is in `written', as fkey_keep() has it. */
#define STANDIN_APART	"own key"

/* What the registry has of one. */
struct standin {
	char *kind, *stand_in, *name;
	char *written, *table;		/* in a trigger's text; or "" */
	char *end;			/* of that text: ";", or "" */
};

/* Adds a list (see text_list_add()) of all that the cut-over of this plan has:
 * nothing when it has none. */
void standin_note(struct str *list, const struct plan *p,
    const struct alter *a);

/* The next of the list; false at its end.  standin_free() either way. */
bool standin_next(struct standin *s, const char **list);
void standin_free(struct standin *s);

/* Does the list know whose stand-in this is? */
bool standin_find(struct ident *to, const char *pairs, const char *kind,
    const char *stand_in);

/*
 * Whose stand-in is it, by the list or by what the name itself says?  False
 * when it is none: it is somebody's, and left alone.
 */
bool standin_real(struct ident *to, const char *pairs, const char *kind,
    const char *name);

/* Add the keys of this table to itself that come at the end. */
void standin_apart(struct fkeys *f, const char *pairs,
    const struct qname *table);

/* Where a text ends before a ";" and blanks; or where it ends. */
size_t standin_end(const char *text);

/* Is the text one way to write this name in that trigger, and no more? */
bool standin_writes(const char *text, const struct user_trigger *t,
    const struct qname *of);

#endif
