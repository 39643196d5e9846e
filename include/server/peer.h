#ifndef PEER_H
#define PEER_H

#include <stdbool.h>

#include "base/err.h"
#include "base/str.h"
#include "server/db.h"

/*
 * What another connection is doing, by SHOW PROCESSLIST: without the privilege
 * PROCESS it shows those of the same user, as information_schema does.  That
 * one, on MySQL, cannot be asked at all (error 3854) while anybody runs a
 * statement with a character outside of utf8mb3, and performance_schema may be
 * switched off, or too small for all connections.
 */
enum peer_state {
	PEER_GONE,
	PEER_IDLE,	/* asleep: its statement is done */
	PEER_WAITS,	/* for the lock of a table */
	PEER_WORKS,
};

int peer_look(struct db *db, unsigned long id, enum peer_state *state,
    struct err *e);

/* Adds user@host of it, when it is known. */
void peer_name(struct str *out, struct db *db, unsigned long id);

/* Does another one run a statement that begins so, and has part in it? */
int peer_runs(struct db *db, const char *begin, const char *part, bool *yes,
    struct err *e);

/*
 * KILL QUERY of those: a statement of ours goes on when its connection is lost,
 * and keeps its table from being dropped.  That they cannot be ended is no
 * error.
 */
int peer_end(struct db *db, const char *begin, const char *part,
    struct err *e);

/*
 * For struct db_patience.  The statement that waits for a table is taken out of
 * the queue again.  One that is at work is left alone: it has the lock, and
 * will be done soon.  Returns false as long as an answer is still to come.
 */
bool peer_withdraw(struct db *db, struct db *killer);

#endif
