#ifndef TRIGGER_SET_H
#define TRIGGER_SET_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/ident.h"
#include "base/undo.h"
#include "cli/config.h"
#include "model/trigger.h"
#include "server/db.h"

/*
 * Triggers that we make on a table in use, and watch from then on.
 */
struct trigger_set {
	const struct qname *table;
	const struct trigger *trigger;	/* n of them, in the order in which
					   they are made */
	size_t n;
	/* When each was made, as the server says it: one that comes back is not
	 * the one that we made.  NULL: not known. */
	char **created;
};

/* Nothing is known of when they were made.  What is pointed to must stay. */
void trigger_set_init(struct trigger_set *set, const struct qname *table,
    const struct trigger *trigger, size_t n);
void trigger_set_free(struct trigger_set *set);

/*
 * Create them, under one lock of the table, as the session's settings are.
 * Each is in the ledger before it is there.  Returns 0, or -1 with *e.
 */
int trigger_set_create(const struct trigger_set *set, struct db *db,
    const struct tries *tries, struct undo *undo, struct err *e);

/* Take those that are there for ours, whenever they were made. */
int trigger_set_recognize(struct trigger_set *set, struct db *db,
    struct err *e);

/* Is it known when all of them were made? */
bool trigger_set_is_known(const struct trigger_set *set);

/*
 * Are they those that we made, as far as that is known, and do they say what
 * they did?  Returns 0, or -1 with *e: ERR_TRIGGERS, or the server's error.
 */
int trigger_set_intact(const struct trigger_set *set, struct db *db,
    struct err *e);

#endif
