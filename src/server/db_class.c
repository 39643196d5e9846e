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
	case 2002:	/* CR_CONNECTION_ERROR */
	case 2003:	/* CR_CONN_HOST_ERROR */
	case 2006:	/* CR_SERVER_GONE_ERROR */
	case 2013:	/* CR_SERVER_LOST */
	case 1053:	/* server shutdown in progress */
	case 1927:	/* MariaDB: connection was killed */
	case 3169:	/* MySQL: session was killed */
	case 4031:	/* MySQL: disconnected for inactivity */
	case 5014:	/* libmariadb: server is going away */
		return DB_GONE;
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
	default:
		return DB_FINAL;
	}
}
