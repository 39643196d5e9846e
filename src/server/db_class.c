/*
 * The only place that knows what an error number means.
 */
#include "server/db.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/*
 * The numbers are the same on both servers unless a comment says otherwise;
 * MySQL: Server Error Message Reference; MariaDB: Error Codes.
 */
static const struct {
	unsigned int sqlno;
	enum db_class class;
} known[] = {
	{ 1020, DB_CONFLICT },	/* MariaDB, snapshot isolation: row changed */
	{ 1205, DB_CONFLICT },	/* lock wait timeout, also of metadata */
	{ 1213, DB_CONFLICT },	/* deadlock; Galera: certification conflict */
	{ 1317, DB_CONFLICT },	/* interrupted: somebody's KILL QUERY */
	{ 1637, DB_CONFLICT },	/* too many active transactions */
	{ 1969, DB_CONFLICT },	/* MariaDB: max_statement_time */
	{ 3024, DB_CONFLICT },	/* MySQL: max_execution_time */
	{ 3572, DB_CONFLICT },	/* MySQL: NOWAIT met a lock */
	{ DB_ERR_DOCUMENT_ID, DB_TOO_BIG },	/* MySQL: too far on */
	{ 1197, DB_TOO_BIG },	/* max_binlog_cache_size */
	{ 1206, DB_TOO_BIG },	/* the lock table is full */
	{ 3100, DB_TOO_BIG },	/* MySQL: group replication refused */
	{ 1022, DB_DUPLICATE },	/* in a key that no statement has named */
	{ 1062, DB_DUPLICATE },
	{ 1586, DB_DUPLICATE },	/* the same, with the key's name */
	{ 1021, DB_FULL },	/* the disk is full */
	{ 1114, DB_FULL },	/* the table is; InnoDB means the disk, too */
	{ 20, DB_FULL },	/* MySQL: ... writing a file */
	{ 35, DB_FULL },	/* MySQL: the same, later */
	{ 3664, DB_FULL },	/* MySQL: ... for what it says of a table */
	{ 3675, DB_FULL },	/* MySQL: no room for a tablespace */
	{ 1878, DB_FULL },	/* no temporary file could be written */
	/* What the server says last (SQLSTATE 08S01), or instead of it. */
	{ 1042, DB_GONE },	/* no name for the client's address */
	{ 1043, DB_GONE },	/* bad handshake */
	{ 1047, DB_GONE },	/* unknown command; Galera: not ready */
	{ 1053, DB_GONE },	/* server shutdown in progress */
	{ 1077, DB_GONE },	/* normal shutdown */
	{ 1078, DB_GONE },	/* got a signal */
	{ 1079, DB_GONE },	/* shutdown complete */
	{ 1080, DB_GONE },	/* forcing close of a thread */
	{ 1152, DB_GONE },	/* aborted connection */
	{ 1154, DB_GONE },	/* read error from the pipe */
	{ 1155, DB_GONE },	/* error from fcntl() */
	{ 1156, DB_GONE },	/* packets out of order */
	{ 1157, DB_GONE },	/* cannot uncompress */
	{ 1158, DB_GONE },	/* error, or */
	{ 1159, DB_GONE },	/* timeout, reading packets */
	{ 1160, DB_GONE },	/* error, or */
	{ 1161, DB_GONE },	/* timeout, writing packets */
	{ 1184, DB_GONE },	/* aborted connection, with an account */
	{ 1927, DB_GONE },	/* MariaDB: connection was killed */
	{ 3032, DB_GONE },	/* MySQL: offline mode */
	{ 3168, DB_GONE },	/* MySQL: server is not available */
	{ 3169, DB_GONE },	/* MySQL: session was killed */
	{ 4031, DB_GONE },	/* MySQL: was idle for too long */
	/* What the client library (errmsg.h) says of a connection. */
	{ 2002, DB_GONE },	/* no connection by socket, or at all */
	{ 2003, DB_GONE },	/* ... to the host */
	{ 2006, DB_GONE },	/* the server has gone away */
	{ 2012, DB_GONE },	/* error in the handshake */
	{ 2013, DB_GONE },	/* the connection was lost */
	{ 2014, DB_GONE },	/* out of sync: an answer was not read */
	{ 2026, DB_GONE },	/* TLS; once connected, each of its failures */
	{ 2027, DB_GONE },	/* malformed packet */
	{ 2055, DB_GONE },	/* the connection was lost, and at what */
	{ 5013, DB_GONE },	/* MariaDB's library: reading, */
	{ 5014, DB_GONE },	/* writing, */
	{ 5015, DB_GONE },	/* uncompressing failed */
	{ 1040, DB_CROWDED },	/* too many connections */
	{ 1129, DB_CROWDED },	/* the host is blocked: too many errors */
	{ 1135, DB_CROWDED },	/* the server cannot create a thread */
	{ 1203, DB_CROWDED },	/* too many connections of the user */
	{ 1226, DB_CROWDED },	/* the user's limit of a resource */
	{ 1044, DB_DENIED },	/* access denied to database */
	{ 1142, DB_DENIED },	/* command denied on table */
	{ 1143, DB_DENIED },	/* denied on column */
	{ 1227, DB_DENIED },	/* needs SUPER or the like */
	{ 1290, DB_DENIED },	/* --read-only and other options */
	{ 1370, DB_DENIED },	/* routine */
	{ 1419, DB_DENIED },	/* trigger, log_bin, without SUPER */
	{ 1836, DB_DENIED },	/* MySQL: read-only mode */
	{ 1874, DB_DENIED },	/* MySQL: InnoDB is read-only */
	{ 3989, DB_DENIED },	/* MySQL: ALTER SCHEMA ... READ ONLY = 1 */
	{ 1091, DB_DONE },	/* there is nothing of that name to drop */
	{ 1359, DB_DONE },	/* the trigger is there */
	{ 1360, DB_DONE },	/* the trigger is not there */
	{ 1826, DB_DONE },	/* the foreign key is there */
	{ 1146, DB_NO_TABLE },	/* there is no such table */
	{ 1100, DB_NOT_LOCKED },	/* under LOCK TABLES, but not it */
	{ 1153, DB_TOO_LARGE },	/* packet over max_allowed_packet */
	{ 2020, DB_TOO_LARGE },	/* ... or over ours */
};

enum db_class
db_class(unsigned int sqlno)
{
	size_t i;

	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (known[i].sqlno == sqlno)
			return known[i].class;
	return DB_FINAL;
}

/*
 * Errors that tell of another below them, by its number: all of perror(1) with
 * "errno" or "Got error" in their text.  Below 50 they are those of the
 * server's file layer.
 */
static bool
has_reason(unsigned int sqlno)
{
	return sqlno < 50 || (sqlno >= 1004 && sqlno <= 1039) ||
	    (sqlno >= 1180 && sqlno <= 1183) || sqlno == 1296 ||
	    sqlno == 1297 || sqlno == 1388 || sqlno == 3680;
}

/* The system's number, or from 120 on the storage engine's; 0: there is none.
 * Names come before it, and may look like anything. */
static long
reason(const char *text)
{
	static const char got[] = "Got error ", word[] = "errno";
	const char *at, *last = NULL;

	if (strncmp(text, got, strlen(got)) == 0)
		return strtol(text + strlen(got), NULL, 10);
	for (at = text; (at = strstr(at, word)) != NULL; at++)
		last = at + strlen(word);
	return last != NULL ? strtol(last + (*last == ':'), NULL, 10) : 0;
}

/* A disk, a quota or a file is full; 135 and 136 are the storage engine's. */
static bool
is_full(const char *text)
{
	const long no = reason(text);

	return no == ENOSPC || no == EFBIG || no == 135 || no == 136 ||
	    (no == EDQUOT && strstr(text, "uota exceeded") != NULL);
}

enum db_class
db_class_said(unsigned int sqlno, const char *text)
{
	enum db_class class = db_class(sqlno);

	return class == DB_FINAL && has_reason(sqlno) && is_full(text) ?
	    DB_FULL : class;
}

bool
db_class_conflict(const struct err *e)
{
	return e->kind == ERR_SQL && db_class(e->sqlno) == DB_CONFLICT;
}

bool
db_class_unanswered(int rc, struct err *e)
{
	if (rc == 0 || e->kind == ERR_LOST)
		return false;
	e->kind = ERR_NONE;
	return true;
}
