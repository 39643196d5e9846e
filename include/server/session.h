#ifndef SESSION_H
#define SESSION_H

#include "base/err.h"
#include "base/str.h"
#include "server/db.h"
#include "server/server.h"
#include "server/sql_mode.h"

/*
 * Every connection is opened here, or by db_beside(), which takes over what
 * another one was set up with, so that none works under what my.cnf, a SET
 * GLOBAL or init_connect make of a session.  Which variables we set, and which
 * are left as the server has them, is in session.c; t/session-variables.txt
 * says of all the others why they cannot matter.
 */

/* What a session is for decides how it is set up. */
enum session_use {
	SESSION_MAIN,	/* tells the story; DDL and questions */
	SESSION_ALTER,		/* the ALTER, as from the user's own client */
	SESSION_COPY,		/* moves rows */
	SESSION_VERIFY,		/* reads both tables in one snapshot */
};

/* How values are read and stored in a session; bits. */
enum {
	/* Walk in UTC, so that no key of type TIMESTAMP is ambiguous in the
	 * hour when summer time ends.  Else: the server's own time zone. */
	SESSION_UTC = 1,
	/* February 31st, where the application was allowed to store it. */
	SESSION_INVALID_DATES = 2,
	/* Zeros in dates are refused, as the server's own sql_mode does. */
	SESSION_NO_ZERO_DATE = 4,
	SESSION_NO_ZERO_IN_DATE = 8,
};

/* Add the modes of a session of ours, with commas; how is the bits above. */
void session_sql_mode(struct str *q, unsigned int how);

/*
 * The first connection to a server: connect as s->login says, ask what the
 * server is and which variables it has, and set up a SESSION_MAIN.  s must
 * outlive the connection; role is a constant word for messages.  Returns 0, or
 * -1 with *e; db_close() and server_free() are due in either case.
 */
int session_first(struct db **db, struct server *s, const char *role,
    struct err *e);

/* One more; how is the bits above.  db_close() is due in either case. */
int session_open(struct db **db, const struct server *s, const char *role,
    enum session_use use, unsigned int how, struct err *e);

#endif
