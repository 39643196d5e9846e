#ifndef DB_H
#define DB_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/ident.h"
#include "base/login.h"
#include "base/str.h"
#include "server/rows.h"

/*
 * A connection.  Not to be used by two threads at a time.
 *
 * Functions that send SQL return 0, or -1 with *e set: kind ERR_SQL and the
 * server's number in sqlno; or ERR_LOST when the connection is gone.
 */
struct db;
struct server;

/* What an error number means for whoever sent the statement. */
enum db_class {
	DB_FINAL,	/* it will not get better by itself */
	DB_CONFLICT,	/* a lock was in the way; the statement had no effect */
	DB_TOO_BIG,	/* smaller pieces may pass */
	DB_DUPLICATE,	/* another row has the value in a unique key */
	DB_FULL,	/* there is no room left; then the kind is ERR_DISK */
	DB_GONE,	/* the connection is broken */
	DB_CROWDED,	/* no more connections for now */
	DB_TOO_LARGE,	/* for a packet; final */
	DB_DENIED,	/* a privilege, or a setting, is missing */
	DB_DONE,	/* it is so already: there is one, or there is none */
	DB_NO_TABLE,	/* there is no such table */
	DB_NOT_LOCKED,	/* other tables are locked, and this one is not */
};

enum db_class db_class(unsigned int sqlno);

/* The same with the server's text, which has the number of what went wrong
 * below it ("errno: 28"). */
enum db_class db_class_said(unsigned int sqlno, const char *text);

/* Is it the server's error of a lock in the way, or of a statement that
 * somebody ended (DB_CONFLICT)? */
bool db_class_conflict(const struct err *e);

/* Of a question with this result: does the server not answer it, by its version
 * or for want of a privilege?  Then *e is cleared, and another may be asked. */
bool db_class_unanswered(int rc, struct err *e);

/* For a sqlno, where we find ourselves that a piece is too big. */
#define DB_ERR_TOO_BIG 1197

/* InnoDB: an FTS_DOC_ID that is too small, or on MySQL too far on. */
#define DB_ERR_DOCUMENT_ID 182

/* Once per program, before and after any other function. */
void db_library_init(void);
void db_library_end(void);

/* Once per thread that uses a connection, before and after. */
void db_thread_init(void);
void db_thread_end(void);

/*
 * For server/session.c, which sets up what it opens: see there.
 *
 * Connect as the login says (ERR_CONNECT when that fails).  s is what the
 * server is, or will be once it has been asked.  Both must outlive the
 * connection.  role is a constant word for messages.  db_close() frees; NULL
 * is fine.
 */
int db_open(struct db **db, const struct server *s, const struct login *login,
    const char *role, struct err *e);

/* The same for one beside the first: what breaks as it begins is ERR_LOST, as
 * if it had been there. */
int db_open_more(struct db **db, const struct server *s,
    const struct login *login, const char *role, struct err *e);
void db_close(struct db *db);

/*
 * Its descriptor.  When another thread shuts that down, whatever the connection
 * waits for fails, by ERR_LOST; it must not be closed before that returns.
 */
int db_socket(const struct db *db);

/*
 * Set up the session: run it now, and again whenever the connection is made
 * anew.  sql is remembered.
 */
int db_session(struct db *db, const char *sql, struct err *e);

/* Close, connect again, and repeat every db_session(). */
int db_reopen(struct db *db, struct err *e);

/*
 * Seconds, by a clock that stands still while questions of this connection and
 * their answers are on their way.  So it tells how long the server has worked,
 * and what was done meanwhile, wherever it is.  Only differences mean anything.
 * Now and then it asks how long the way is, so no locks should be held.
 */
double db_clock(struct db *db);

/*
 * What is called now and then, between two of its statements, by whoever has to
 * wait for long with the connection in hand; it may use the connection.  It is
 * NULL at first, and the caller's to set.
 */
struct db_beat {
	void (*run)(void *arg);
	void *arg;
};
struct db_beat *db_beat(struct db *db);

/* What the server at the other end is. */
const struct server *db_server(const struct db *db);

/* The server's id of this connection. */
unsigned long db_id(const struct db *db);

/* Run a statement that changes something; --print shows it. */
int db_run(struct db *db, struct err *e, const char *fmt, ...) PRINTF(3, 4);
int db_run_text(struct db *db, const char *sql, struct err *e);

/*
 * One that may have been run before: that it is so already is no error.  After
 * any other, the character set and sql_mode are set back.
 */
int db_run_again(struct db *db, const char *sql, struct err *e);

/*
 * Run sql at once after a question, in one packet, so that hardly anything
 * happens in between; but only if the question's one row says 1.  Returns 1
 * when it does not.  As db_quiet(), --print does not show it.
 *
 * When it has to wait for a lock longer than it has patience, it is withdrawn
 * from another connection, the killer (error 1317); without one it waits on.
 */
struct db_patience {
	struct db *killer;		/* or NULL */
	double seconds;
	/* False as long as an answer is still to come: see peer_withdraw(). */
	bool (*withdraw)(struct db *db, struct db *killer);
};
int db_run_if(struct db *db, const struct db_patience *p,
    const char *question, const char *sql, struct err *e);

/*
 * PREPARE a statement under a name of ours, which EXECUTE then runs.  Its text,
 * in UTF-8, travels as hexadecimal digits: neither sql_mode nor a character
 * set nor a ";" can make anything else of it.  The server refuses more than one
 * statement (1064), and some that it does not prepare (1295).
 */
int db_prepare(struct db *db, const char *name, const char *sql,
    struct err *e);

/*
 * Send several statements, with ";" between them, in one packet, and do not
 * wait.  The server runs them one after the other, up to the first that
 * fails, whether we live to see it or not.  db_receive() waits; *done gets
 * how many succeeded.  Before it, db must not be used for anything else.
 * When one fails, the session's character set and sql_mode are set back.
 */
int db_send(struct db *db, const char *sql, struct err *e);
int db_receive(struct db *db, size_t *done, struct err *e);

/* Another connection to the same server, by the same login and with every
 * db_session() of this one. */
int db_beside(struct db **out, const struct db *db, struct err *e);

/*
 * Run what --print need not show: a passing setting of this session, the ends
 * of a transaction, one more try of a statement that was shown.
 */
int db_quiet(struct db *db, struct err *e, const char *fmt, ...)
    PRINTF(3, 4);

/* Of the last db_run(), or db_quiet(): rows changed.  Of the last db_run():
 * rows that met a duplicate or other warnings. */
unsigned long long db_affected(const struct db *db);
unsigned long long db_warnings(const struct db *db);

/*
 * Run a statement that reads.  shape is what its result must look like, one
 * character for each column: DB_VALUE, or DB_NULL where a NULL may be; DB_MORE
 * at the end lets any columns follow, as in a SHOW; NULL where only the number
 * of rows is looked at, or columns by their names.  Any other result is ERR_SQL
 * with sqlno 0, and r is empty, so that no reader looks where nothing is,
 * whatever a server answers.  A KILL QUERY of somebody's is no answer: it is
 * sent again, ten times at most.
 */
#define DB_VALUE 'v'
#define DB_NULL '?'
#define DB_MORE '*'
int db_rows(struct db *db, struct rows *r, const char *shape, struct err *e,
    const char *fmt, ...) PRINTF(5, 6);

/* The same, of a question that has one row; none, or two, are an error. */
int db_row(struct db *db, struct rows *r, const char *shape, struct err *e,
    const char *fmt, ...) PRINTF(5, 6);

/*
 * The one cell of the first row, to be freed; NULL when there is no row or it
 * is NULL.
 */
int db_value(struct db *db, char **value, struct err *e, const char *fmt,
    ...) PRINTF(4, 5);

/* The same as a whole number; 0 for NULL. */
int db_number(struct db *db, unsigned long long *value, struct err *e,
    const char *fmt, ...) PRINTF(4, 5);

/* None of these again: it is this program that interrupts. */
void db_ask_once(struct db *db, bool once);

/* Add a text as a quoted literal, escaped for this session. */
void db_literal(struct str *out, struct db *db, const char *text);

/*
 * Add "COLUMN = '...'" for the name of a database or a table in a list of the
 * server's, where also those may be that differ in case or accents only: most
 * columns of information_schema on MariaDB and of performance_schema on MySQL
 * compare without.  The plain comparison is there for their indexes.
 */
void db_exact(struct str *out, struct db *db, const char *column,
    const char *name);

/* The same with these columns for a table's two names. */
void db_match(struct str *out, struct db *db, const char *schema,
    const char *table, const struct qname *name);

#endif
