/*
 * The only place that knows what an error number means.
 */
#include "server/db.h"

/*
 * The numbers are the same on both servers unless a comment says otherwise;
 * MySQL: Server Error Message Reference; MariaDB: Error Codes.
 */
enum db_class
db_class(unsigned int sqlno)
{
	switch (sqlno) {
	case 1020:	/* MariaDB, innodb_snapshot_isolation: record changed */
	case 1205:	/* lock wait timeout, also metadata's, or NOWAIT */
	case 1213:	/* deadlock; also a Galera certification conflict */
	case 1317:	/* query interrupted: somebody's KILL QUERY */
	case 1637:	/* too many active transactions */
	case 1969:	/* MariaDB: max_statement_time */
	case 3024:	/* MySQL: max_execution_time */
	case 3572:	/* MySQL: NOWAIT met a lock */
		return DB_CONFLICT;
	case DB_ERR_TOO_BIG:	/* max_binlog_cache_size */
	case 1206:	/* the lock table is full */
	case 3100:	/* MySQL: a hook (group replication limit) refused */
		return DB_TOO_BIG;
	case 1021:	/* the disk is full */
	case 1114:	/* the table is full: InnoDB means the disk, too */
		return DB_FULL;
	/* What the server says last (SQLSTATE 08S01), or instead of it. */
	case 1042:	/* cannot get a name for the client's address */
	case 1043:	/* bad handshake */
	case 1047:	/* unknown command; Galera: not ready */
	case 1053:	/* server shutdown in progress */
	case 1077:	/* normal shutdown */
	case 1078:	/* got a signal */
	case 1079:	/* shutdown complete */
	case 1080:	/* forcing close of a thread */
	case 1152:	/* aborted connection */
	case 1154:	/* read error from the pipe */
	case 1155:	/* error from fcntl() */
	case 1156:	/* packets out of order */
	case 1157:	/* cannot uncompress */
	case 1158:	/* error, or */
	case 1159:	/* timeout, reading packets */
	case 1160:	/* error, or */
	case 1161:	/* timeout, writing packets */
	case 1184:	/* aborted connection, with an account */
	case 1927:	/* MariaDB: connection was killed */
	case 3032:	/* MySQL: offline mode */
	case 3168:	/* MySQL: server is not available */
	case 3169:	/* MySQL: session was killed */
	case 4031:	/* MySQL: disconnected for inactivity */
	/* What the client library (errmsg.h) says of a connection. */
	case 2002:	/* no connection by socket, or at all */
	case 2003:	/* ... to the host */
	case 2006:	/* the server has gone away */
	case 2012:	/* error in the handshake */
	case 2013:	/* the connection was lost */
	case 2014:	/* commands out of sync: an answer was not read */
	case 2026:	/* TLS; once connected, each of its failures */
	case 2027:	/* malformed packet */
	case 2055:	/* the connection was lost, and at what */
	case 5013:	/* MariaDB's library: reading, */
	case 5014:	/* writing, */
	case 5015:	/* uncompressing failed */
		return DB_GONE;
	case 1040:	/* too many connections */
	case 1129:	/* the host is blocked: too many errors */
	case 1135:	/* the server cannot create a thread */
	case 1203:	/* too many connections of the user */
	case 1226:	/* the user's limit of a resource */
		return DB_CROWDED;
	case 1044:	/* access denied to database */
	case 1142:	/* command denied on table */
	case 1143:	/* denied on column */
	case 1227:	/* needs SUPER or the like */
	case 1290:	/* --read-only and other options */
	case 1370:	/* routine */
	case 1419:	/* trigger without SUPER while binary logging */
		return DB_DENIED;
	case 1091:	/* there is nothing of that name to drop */
	case 1359:	/* the trigger is there */
	case 1360:	/* the trigger is not there */
	case 1826:	/* the foreign key is there */
		return DB_DONE;
	case 1100:	/* under LOCK TABLES, and not one of these */
		return DB_NOT_LOCKED;
	case 1153:	/* a packet larger than max_allowed_packet: it closes */
	case 2020:	/* ... or larger than ours */
		return DB_TOO_LARGE;
	default:
		return DB_FINAL;
	}
}
