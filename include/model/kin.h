#ifndef KIN_H
#define KIN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/ident.h"
#include "base/str.h"
#include "model/fkey.h"
#include "server/db.h"

/*
 * What hangs on the user's table and is not part of it: foreign keys of other
 * tables, and triggers.  Both go with the old table when it is renamed, and
 * have to be brought back.
 */

/* A trigger of the user's. */
struct kin_trigger {
	struct ident name;
	char *timing, *event;		/* "BEFORE", "INSERT" */
	char *sql_mode, *charset, *collation;	/* under which it was made */
	/* CREATE TRIGGER as it was sent, in that character set. */
	char *create;
};

struct kin {
	struct fkeys child;
	struct fkeys grandchild;	/* what references the children */
	struct kin_trigger *trigger;	/* in the order in which they fire */
	size_t n_triggers;
};

/*
 * Read it.  Triggers whose name begins with livealter_ are not the user's and
 * are left out.  ours, here_only: as fkey_children().  kin_free() either way.
 */
int kin_load(struct kin *k, struct db *db, const struct qname *table,
    const struct qname *ours, bool here_only, struct err *e);
void kin_free(struct kin *k);

/* Adds all of it as text, so that two readings can be compared. */
void kin_text(struct str *q, const struct kin *k);

/*
 * Adds a statement that sets a session up to create this trigger (character
 * set, sql_mode), and one that sets it back, when its character set and mode
 * are these.
 */
void kin_before_trigger(struct str *q, const struct kin_trigger *t);
void kin_after_trigger(struct str *q);

/* What it is called on the new table while the old one still has it. */
void kin_stand_in(struct ident *to, const struct kin_trigger *t);

/*
 * Adds the statement that makes this trigger, as it was sent, but in the place
 * before another one of its kind (NULL: the last place).
 */
int kin_trigger_before(struct str *q, const struct kin_trigger *t,
    const struct kin_trigger *next, struct err *e);

/*
 * Adds the statement that makes a trigger like this one under another name on
 * another table.  Returns 0, or -1 with *e.
 */
int kin_trigger_on(struct str *q, const struct kin_trigger *t,
    const struct qname *name, const struct qname *table, struct err *e);

#endif
