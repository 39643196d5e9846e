#ifndef REGISTRY_H
#define REGISTRY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/ident.h"
#include "base/str.h"
#include "base/waits.h"
#include "cli/config.h"
#include "model/bound.h"
#include "model/plan.h"
#include "model/registry_row.h"
#include "model/table.h"
#include "server/db.h"
#include "server/server.h"
#include "steps/trigger_set.h"

/*
 * The registry: the table `_livealter` beside the user's, a row for each
 * migration that is at work, or died at work, or can be reverted.  It is what
 * the program would have to remember if it were killed: what it has made, or
 * is about to make, and how far the copy is.  It replicates with the data, so
 * that after a failover the next source knows, too.  The first migration of a
 * schema creates it, the last drops it.
 */
struct registry {
	struct qname name;
	unsigned long long id;		/* our row; 0: none, as in a dry run */
	struct str client;		/* host and process, to tell us apart */
	/* Where the copy goes on, of a migration that is resumed. */
	struct bound mark;
	unsigned long long rows;
};

#define REGISTRY_INIT { .client = STR_INIT, .mark = BOUND_INIT }

void registry_free(struct registry *reg);

/* Whatever is to be done with the registry beside this table. */
void registry_locate(struct registry *reg, const struct qname *table);

/* What is known of a migration when it begins. */
struct registry_entry {
	const struct names *names;
	const struct table *old;
	const char *alter;
	const char *options;		/* YAML */
};

/*
 * Enter a migration, before anything of it is made.  Returns 0, or -1 with *e:
 * ERR_REFUSED when there is a table of that name that is not ours, or is of
 * another version.
 */
int registry_begin(struct registry *reg, struct db *db,
    const struct registry_entry *entry, struct err *e);

/*
 * Each of these notes something, and that we are alive.  With reg->id 0 they
 * do nothing.  Returns 0, or -1 with *e: ERR_BUSY when the row is no longer
 * ours, because somebody resumed the migration or took it away.
 */
int registry_note_plan(const struct registry *reg, struct db *db,
    const struct plan *p, struct err *e);
int registry_note_new(const struct registry *reg, struct db *db,
    const struct table *new, struct err *e);
int registry_note_triggers(const struct registry *reg, struct db *db,
    const struct trigger_set *t, struct err *e);
int registry_state(const struct registry *reg, struct db *db,
    enum migration_state state, struct err *e);
int registry_beat(const struct registry *reg, struct db *db,
    const struct waits *waits, struct err *e);

/* So many rows of the old table are purged, of about so many. */
int registry_purged(const struct registry *reg, struct db *db,
    unsigned long long rows, unsigned long long of, struct err *e);

/* It is about to be reverted, and the new table will be called that. */
int registry_note_revert(const struct registry *reg, struct db *db,
    const struct qname *shadow, struct err *e);

/*
 * Before a cut-over of several statements: the names that it changes, which
 * standin_note() lists; and '' when nothing of it is left to be done.
 */
int registry_note_cutover(const struct registry *reg, struct db *db,
    const char *names, struct err *e);

/*
 * The UPDATE that moves the low-water mark, to be the last statement of the
 * transaction that copies the rows up to it.
 */
void registry_mark(struct str *q, const struct registry *reg, struct db *db,
    const struct bound *mark, unsigned long long rows);

/* Is the row still there and ours?  1, 0, or -1 with *e. */
int registry_ours(const struct registry *reg, struct db *db, struct err *e);

/*
 * Take the row away, and the table with its last row.  Runs nothing when the
 * table is gone.
 */
int registry_end(const struct registry *reg, struct db *db,
    const struct tries *tries, struct err *e);

/*
 * The migration of a table, dead or alive: 1 with *r, which registry_row_free()
 * frees; 0 when there is none; -1 with *e.
 */
int registry_find(struct registry_row *r, struct db *db,
    const struct qname *table, struct err *e);

/* All of a schema, or the first thousand, with the beginnings of long texts;
 * the caller frees each, and the array. */
int registry_list(struct registry_row **list, size_t *n, struct db *db,
    const struct ident *schema, struct err *e);

/*
 * Set reg->mark and reg->rows to what it had.  ERR_REFUSED when that is
 * nothing to be put into a statement.
 */
int registry_read_mark(struct registry *reg, const struct registry_row *r,
    struct err *e);

/* Make a dead one's row ours. */
int registry_adopt(struct registry *reg, struct db *db,
    const struct qname *table, const struct registry_row *r, struct err *e);

#endif
