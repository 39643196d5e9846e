#include "throttle/blind.h"

#include "base/log.h"
#include "server/server.h"

/* The threads of other accounts: 1, 0, or -1 with *e. */
static int
sees_threads(struct db *db, struct err *e)
{
	unsigned long long n;
	int rc = db_number(db, &n, e, "SELECT COUNT(*) FROM (SELECT 1 FROM "
	    "information_schema.INNODB_TRX LIMIT 1) t");

	if (rc == 0)
		return 1;
	if (e->kind == ERR_LOST || db_class(e->sqlno) != DB_DENIED)
		return -1;
	e->kind = ERR_NONE;
	return 0;
}

int
blind_tell(struct db *db, struct err *e)
{
	const struct server *s = db_server(db);
	unsigned long long n = 1;
	int rc = sees_threads(db, e);

	if (rc != 0)
		return rc < 0 ? -1 : 0;
	if (s->mariadb && db_number(db, &n, e, "SELECT VARIABLE_VALUE FROM "
	    "information_schema.GLOBAL_STATUS WHERE VARIABLE_NAME = "
	    "'SLAVES_CONNECTED'") != 0)
		return -1;
	if (n > 0)
		log_warn("if there are replicas, they are not seen: GRANT "
		    "PROCESS, or %s, ON *.* TO %s lets this account see them",
		    s->mariadb && s->version >= 100502 ?
		    "REPLICATION MASTER ADMIN" : "REPLICATION SLAVE", s->user);
	return 0;
}
