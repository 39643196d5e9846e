#include "throttle/group.h"

#include "base/log.h"
#include "server/server.h"

int
group_members(struct rows *r, struct db *db, struct err *e)
{
	if (db_server(db)->mariadb)
		return 0;
	return db_rows(db, r, "vvv", e, "SELECT MEMBER_HOST, MEMBER_PORT, "
	    "MEMBER_ID = @@server_uuid FROM performance_schema."
	    "replication_group_members WHERE MEMBER_HOST <> '' AND "
	    "MEMBER_STATE <> 'OFFLINE'");
}

/* A node of a Galera cluster is refused before anybody is looked for. */
int
group_is_none(struct db *db, bool alone, struct err *e)
{
	const char *why = db_server(db)->mariadb ? "MariaDB has no replication "
	    "groups" : "this server is in no replication group";

	if (!alone) {
		log_info("--recursion-method: cluster finds nobody: %s", why);
		return 0;
	}
	err_set(e, ERR_USAGE, "--recursion-method=cluster: %s", why);
	return err_hint(e, "--recursion-method=processlist,hosts finds "
	    "replicas, dsn=D=...,t=... reads a table of them, and none watches "
	    "none");
}

/* Who may not ask is told nothing: the group has brakes of its own. */
int
group_hint(struct db *db, struct err *e)
{
	struct rows r = ROWS_INIT;
	int rc = group_members(&r, db, e);

	if (rc != 0 && e->kind == ERR_SQL) {
		e->kind = ERR_NONE;
		rc = 0;
	}
	if (rc == 0 && r.n > 1)
		log_hint("the other members of the replication group are not "
		    "watched; --recursion-method=processlist,hosts,cluster "
		    "watches them, too");
	rows_free(&r);
	return rc;
}
