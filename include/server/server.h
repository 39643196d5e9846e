#ifndef SERVER_H
#define SERVER_H

#include <stdbool.h>

#include "base/err.h"
#include "base/ident.h"
#include "base/login.h"
#include "server/db.h"

#define SERVER_SETTINGS 96	/* at most */

/*
 * A server that we connect to: how, and what it turned out to be and how it is
 * set, as far as that matters.
 */
struct server {
	const struct login *login;	/* the caller's; the rest is asked */
	bool mariadb;
	unsigned int version;		/* 101119 for 10.11.19 */
	char *version_text;
	char *host_text;		/* "name:port", for messages */
	/* The same, a blank, and what tells it from every other server that
	 * may have the same data: its UUID, or MariaDB's server_id. */
	char *id;
	bool log_bin;
	bool binlog_statement;		/* binlog_format=STATEMENT */
	bool ansi_quotes, no_backslash_escapes;	/* of the global sql_mode */
	/* INSERT ... SELECT holds a table's AUTO-INC lock until it ends
	 * (innodb_autoinc_lock_mode below 2). */
	bool autoinc_lock;
	/* MariaDB's innodb_snapshot_isolation, on or off (10.6.18 and later).
	 */
	bool snapshot_isolation;
	/* MariaDB's note_verbosity (10.6.16 and later); sql_notes, which it
	 * replaces, is a warning of its own since 11.3. */
	bool note_verbosity;
	/* MySQL 9.6 and later, unless innodb_native_foreign_keys is ON: foreign
	 * keys are checked above InnoDB. */
	bool keys_above;
	/* Then (9.7 and later) a session may have triggers fire on cascades:
	 * enable_cascade_triggers. */
	bool cascade_triggers;
	/* It can be asked who holds a metadata lock, in MySQL's
	 * performance_schema.metadata_locks, or in MariaDB's
	 * information_schema.METADATA_LOCK_INFO, if that is installed. */
	bool sees_locks;
	unsigned int cores;	/* 0: not known, or not asked for; cores.h */
	bool setting[SERVER_SETTINGS];	/* of session.c: does it have it? */
	bool ordinary;		/* the account: it may not set all of them */
	char *sql_mode;			/* the global one: native ALTER's */
	char *time_zone;		/* the global one */
	char *user;			/* CURRENT_USER(), quoted for GRANT */
};

/* Ask.  Returns 0, or -1 with *e: ERR_VERSION for one we do not know. */
int server_probe(struct server *s, struct db *db, struct err *e);
void server_free(struct server *s);

/* Are two ids of the same server, whatever it is called now? */
bool server_is_same(const char *id1, const char *id2);

/*
 * A connection that broke is made anew, with its session, for as long as
 * --reconnect-for says.  What it held (locks, a transaction) is gone.  Returns
 * 0; or -1 with *e: ERR_LOST, also for another server, which may not have what
 * we did last, and after a signal.  The second only asks for that.
 */
int server_reconnect(struct db *db, struct err *e);
int server_recognize(struct db *db, struct err *e);

/*
 * A statement on what is ours was refused: give the error this kind, or
 * ERR_NEEDS with the GRANT to give, or the setting.  Returns -1.
 */
int server_explain(const struct server *s, const struct ident *schema,
    enum err_kind kind, struct err *e);

/* Is the word in a sql_mode? */
bool server_has_mode(const char *sql_mode, const char *word);

/*
 * The end of a locking read that takes shared locks but waits for none, and
 * one that waits.
 */
const char *server_share_nowait(const struct server *s);
const char *server_share(const struct server *s);

#endif
