#ifndef REGISTRY_ROW_H
#define REGISTRY_ROW_H

#include <stdbool.h>
#include <stddef.h>

#include "base/ident.h"
#include "base/str.h"
#include "model/names.h"

/*
 * A row of the registry: what is known of one migration.  The columns are in
 * one list, of which the table is made and the rows are read.  Pure; the SQL
 * that uses it is in steps/registry.c.
 *
 * It is data, not orders: whoever writes the schema can write it, and the user
 * who reads it has more rights.  So no SQL comes out of it.  What is in it, and
 * the worst that a lie can do:
 *
 * - Names of tables.  Only those that names_derive() makes of the table's, with
 *   underscores in front, are accepted, or --new-table-name as it is given
 *   again; and nothing is done with them unless the comment of the table of
 *   notes vouches for them (names_comment()), which who can write rows cannot
 *   make, and who can create tables could do all of it without us.
 *   Triggers are not in it: their names follow from the table's.
 * - The ALTER.  It is read for names that it renames and drops, and is never
 *   run: the new table is there already.  The plan is made of the two tables as
 *   they are, and the triggers must be, byte for byte, those of this plan; so
 *   with another text, whatever fingerprints are planted beside it, a resume
 *   ends, unless somebody has made the triggers (and with them all that the
 *   plan says) anew, which takes rights on the table that can do the same
 *   harm to it without us.  Rows are compared before the swap in any case.
 * - Options: see cli/kept.h.
 * - The mark is literals (registry_row_is_literal()): a lie copies rows twice
 * or not
 *   at all, which the comparison finds.
 * - Foreign keys that come at the end: names, and rules out of a fixed list;
 *   they reference tables of the same schema, or those that an --alter that was
 *   given again names.
 * - What the cut-over has renamed: pairs of names; the keys and triggers
 *   themselves come from the server's catalogue (model/settle.h).
 * - Fingerprints, times, rows: compared and shown.
 */
enum registry_field {
	REGISTRY_ID,
	REGISTRY_TABLE,
	REGISTRY_STATE,
	REGISTRY_ALTER,
	REGISTRY_OPTIONS,		/* YAML, without those to connect by */
	REGISTRY_TOOL,		/* version */
	REGISTRY_SERVER,		/* struct server, id */
	REGISTRY_CLIENT,		/* host and process */
	REGISTRY_SHADOW,
	REGISTRY_ATTIC,
	REGISTRY_REJECTS,
	REGISTRY_BACK_REJECTS,	/* empty when it cannot be reverted */
	REGISTRY_TRIGGERS_MADE,	/* a list: when each was made */
	REGISTRY_OLD_PRINT,	/* fingerprints of the definitions (that of
				   the old table by as_was.h), */
	REGISTRY_NEW_PRINT,
	REGISTRY_PLAN_PRINT,	/* and of how rows are copied */
	REGISTRY_ADDED_KEYS,	/* a list: foreign keys that come at the end */
	REGISTRY_MARK,		/* a list of literals: copied up to there */
	REGISTRY_ROWS,		/* up to the mark */
	REGISTRY_ROWS_TOTAL,	/* of the table, the server's estimate */
	REGISTRY_RUN_BEGAN,	/* when this run of the copy began, */
	REGISTRY_RUN_ROWS,	/* and how many rows there were then */
	REGISTRY_CUT_OVER,	/* a list, see model/standin.h; '': it has not
				   begun, or nothing of it is left */
	REGISTRY_REQUEST,		/* what the operator asks for */
	REGISTRY_WAITS_FOR,	/* of waits_pack(), base/waits.h */
	REGISTRY_FIGURES,	/* of figures_pack(), base/figures.h */
	REGISTRY_BEGAN,
	REGISTRY_HEARTBEAT,
	/* Not columns but what the server makes of them when asked. */
	REGISTRY_AGE,		/* seconds since it began, */
	REGISTRY_SILENCE,		/* since the last heartbeat, */
	REGISTRY_RUN_AGE,		/* and of this run of the copy */
	N_REGISTRY_FIELDS
};

/*
 * Where a migration has come to.  One that has succeeded and can be reverted
 * goes on with those from STATE_REVERTIBLE on.
 */
enum migration_state {
	STATE_MAKING,		/* the new table, its plan, the triggers */
	STATE_COPYING,
	STATE_INDEXING,		/* those that were left out of the copy */
	STATE_COMPARING,
	STATE_WAITING,		/* for the moment of the swap */
	STATE_SWAPPING,
	/* Swapped; the swap's snapshot is being compared, so that it is not
	 * known yet whether the new table has all that the old one has. */
	STATE_PROVING,
	STATE_CLEANING,		/* swapped; the rest is taken away */
	STATE_PURGING,		/* swapped; the old table loses its rows, and
				   the rows are those that are gone */
	STATE_UNDOING,		/* not swapped; all is taken away */
	STATE_REVERTIBLE,	/* done, and kept in step to go back */
	STATE_REVERTING,
	/* Swapped back, and as STATE_PROVING. */
	STATE_PROVING_BACK,
	STATE_REVERTED,		/* swapped back; the rest is taken away */
	STATE_ENDING,		/* it will not be reverted any more */
	N_STATES		/* a word that is none of these */
};

struct registry_row {
	char *field[N_REGISTRY_FIELDS];		/* never NULL once it is read */
};

/* A table called REGISTRY_NAME (names.h) with another comment is not ours. */
#define REGISTRY_KIND	"livealter: migrations at work, format "
#define REGISTRY_COMMENT	REGISTRY_KIND "6"

/*
 * Comes after the name of a table of ours, wherever we read or change it.  The
 * servers refuse a hint at a view (1176) when they open it, before anything of
 * it is evaluated: else a SQL SECURITY INVOKER view that somebody has put in
 * the table's place would call its functions with our rights.
 */
#define REGISTRY_OURS	" FORCE INDEX (PRIMARY)"

/* Characters that the columns take. */
#define REGISTRY_WAITS_MOST 1000
#define REGISTRY_FIGURES_MOST 700

/* CREATE TABLE IF NOT EXISTS. */
void registry_row_create(struct str *q, const struct qname *registry);

/* The list of a SELECT that yields the fields in their order, with so many
 * characters of those that may be long. */
void registry_row_select(struct str *q, unsigned long most);

/* A column as information_schema describes it. */
struct registry_row_described {
	const char *name, *type, *nullable, *collation, *extra;
};

/* Is that how we make the i-th, before REGISTRY_AGE? */
bool registry_row_is_column(size_t i, const struct registry_row_described *c);

/* The column's name, for fields before REGISTRY_AGE. */
const char *registry_row_column(enum registry_field f);

/* The names of what it makes before the swap, for people. */
void registry_row_made(struct str *out, const struct registry_row *r,
    const struct qname *table);

/*
 * The first of the names in it that livealter has not made of the table's, as
 * n has them; or NULL.
 */
const char *registry_row_strange_name(const struct registry_row *r,
    const struct names *n);

void registry_row_free(struct registry_row *r);

/* The word that the registry and status have for a state. */
const char *registry_row_state_word(enum migration_state s);

/* The state that the row tells; N_STATES when it is none that is known. */
enum migration_state registry_row_state(const struct registry_row *r);

/* If the tables were swapped, or swapped back: is that not proven yet? */
bool registry_row_is_unproven(const struct registry_row *r);

/*
 * If the tables were not swapped: can a resume go on with it?  Not before its
 * triggers were there, which the state alone does not tell, nor once it is
 * being undone.
 */
bool registry_row_is_resumable(const struct registry_row *r);

/* Is it one that has succeeded, and can be reverted, or is being reverted? */
bool registry_row_is_done(const struct registry_row *r);

/* Is the element safe to be taken for a literal, as model/bound.h has them? */
bool registry_row_is_literal(const char *text);

#endif
