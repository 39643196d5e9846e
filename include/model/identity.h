#ifndef IDENTITY_H
#define IDENTITY_H

#include <stdbool.h>

#include "base/err.h"
#include "base/ident.h"
#include "server/db.h"
#include "server/server.h"

/*
 * Is it still the same table, with what was in it?  TRUNCATE TABLE, TRUNCATE
 * PARTITION, EXCHANGE PARTITION, IMPORT TABLESPACE and DROP with CREATE fire
 * no trigger, leave the definition as it is, and CREATE_TIME mostly, too.
 *
 * InnoDB gives what it makes a new id, and EXCHANGE PARTITION exchanges ids;
 * reading them needs the PROCESS privilege.  Beside it, and without it, there
 * are weaker signs, which say only that something may have happened:
 *
 * MySQL prepares a statement anew when the table was closed by DDL (but not by
 * IMPORT TABLESPACE) or by FLUSH TABLES, and counts that.  MariaDB does so
 * only when the definition has changed.
 *
 * The server counts such statements, whatever tables they are about.
 */
struct identity {
	struct qname name;
	char *ids;			/* NULL: not to be had */
	bool undoes_nothing;		/* see table.h: InnoDB knows no id, but
					   the server when it was made */
	bool prepared;			/* a statement, in this session */
	unsigned long long count;	/* of other sessions' DDL */
	bool known;			/* there is something to compare with */
	/* Seen since then: it is another; it was closed; there was DDL. */
	bool other, closed, counted;
};

#define IDENTITY_INIT { .ids = NULL }

/*
 * Note what the table is from now on.  Waits for a statement that is about to
 * change that.  Returns 0, or -1 with *e.
 */
int identity_note(struct identity *id, struct db *db, const struct qname *name,
    bool undoes_nothing, struct err *e);

/*
 * Look again: sets other when it is another table, or some of its partitions
 * are others; closed and counted by the weaker signs.  They stay set until the
 * next identity_note().  Nothing happens when nothing was noted.  Returns 0,
 * or -1 with *e.
 */
int identity_look(struct identity *id, struct db *db, struct err *e);

/*
 * Other sessions of ours have run so many statements of DDL since, and if
 * closed, on this table: those do not count as a sign.
 */
int identity_altered(struct identity *id, struct db *db, unsigned long long n,
    bool closed, struct err *e);

void identity_free(struct identity *id);

#endif
