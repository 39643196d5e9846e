#ifndef RECORD_H
#define RECORD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/ident.h"
#include "base/str.h"

/*
 * A row of the registry: what is known of one migration.  The columns are in
 * one list, of which the table is made and the rows are read.  Pure; the SQL
 * that uses it is in steps/registry.c.
 */
enum record_field {
	RECORD_ID,
	RECORD_TABLE,
	RECORD_STATE,
	RECORD_ALTER,
	RECORD_OPTIONS,		/* YAML, without those to connect by */
	RECORD_TOOL,		/* version */
	RECORD_SERVER,		/* struct server, id */
	RECORD_CLIENT,		/* host and process */
	RECORD_SHADOW,
	RECORD_ATTIC,
	RECORD_NOTES,
	RECORD_BACK_NOTES,	/* empty when it cannot be reverted */
	RECORD_TRIGGERS,	/* a list: their names */
	RECORD_BACK_TRIGGERS,	/* the same, of those of the way back */
	RECORD_TRIGGERS_MADE,	/* a list: when each was made */
	RECORD_OLD_PRINT,	/* fingerprints of the definitions, */
	RECORD_NEW_PRINT,
	RECORD_PLAN_PRINT,	/* and of how rows are copied */
	RECORD_ADDED_KEYS,	/* a list: foreign keys that come at the end */
	RECORD_MARK,		/* a list of literals: copied up to there */
	RECORD_ROWS,		/* up to the mark */
	RECORD_ROWS_TOTAL,	/* of the table, the server's estimate */
	RECORD_RUN_BEGAN,	/* when this run of the copy began, */
	RECORD_RUN_ROWS,	/* and how many rows there were then */
	RECORD_UNDO_SQL,	/* lists: to run when the RENAME has not */
	RECORD_FINISH_SQL,	/* happened, and when it has */
	RECORD_WISH,		/* what the operator asks for */
	RECORD_WAITS_FOR,
	RECORD_BEGAN,
	RECORD_HEARTBEAT,
	/* Not columns but what the server makes of them when asked. */
	RECORD_AGE,		/* seconds since it began, */
	RECORD_SILENCE,		/* since the last heartbeat, */
	RECORD_RUN_AGE,		/* and of this run of the copy */
	N_RECORD
};

/*
 * Where a migration has come to.  One that has succeeded and can be reverted
 * goes on with those from STATE_REVERTIBLE on.
 */
enum record_state {
	STATE_MAKING,		/* the new table, its plan, the triggers */
	STATE_COPYING,
	STATE_COMPARING,
	STATE_WAITING,		/* for the moment of the swap */
	STATE_SWAPPING,
	/* Swapped; the swap's snapshot is being compared, so that it is not
	 * known yet whether the new table has all that the old one has. */
	STATE_PROVING,
	STATE_CLEANING,		/* swapped; the rest is taken away */
	STATE_UNDOING,		/* not swapped; all is taken away */
	STATE_REVERTIBLE,	/* done, and kept in step to go back */
	STATE_REVERTING,
	/* Swapped back, and as STATE_PROVING. */
	STATE_PROVING_BACK,
	STATE_REVERTED,		/* swapped back; the rest is taken away */
	STATE_ENDING,		/* it will not be reverted any more */
	N_STATES		/* a word that is none of these */
};

struct record {
	char *field[N_RECORD];		/* never NULL once it is read */
};

#define RECORD_NAME	"_livealter"
/* A table of that name with another comment is not ours. */
#define RECORD_COMMENT	"livealter: migrations at work, format 3"

/* CREATE TABLE IF NOT EXISTS. */
void record_create(struct str *q, const struct qname *registry);

/* The list of a SELECT that yields the fields in their order. */
void record_select(struct str *q);

/* The column's name, for fields before RECORD_AGE. */
const char *record_column(enum record_field f);

/* The names of what it makes before the swap, for people. */
void record_made(struct str *out, const struct record *r);

void record_free(struct record *r);

/* The word that the registry and status have for a state. */
const char *record_state_word(enum record_state s);

/* The state that the row tells; N_STATES when it is none that is known. */
enum record_state record_state(const struct record *r);

/* If the tables were swapped, or swapped back: is that not proven yet? */
bool record_is_unproven(const struct record *r);

/* Is it one that has succeeded, and can be reverted, or is being reverted? */
bool record_is_done(const struct record *r);

/*
 * Lists in one text: each element is preceded by its length, so that it may
 * hold anything.  record_next() returns the next as a text to be freed, or
 * NULL at the end or where the text is no list.
 */
void record_add(struct str *list, const char *element);
char *record_next(const char **list);

/* Is the element safe to be taken for a literal, as model/bound.h has them? */
bool record_is_literal(const char *text);

#endif
