#include "steps/replica_signs.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static void
note(enum replica_sign *sign, enum replica_sign is, struct str *what,
    const char *why)
{
	if (is < *sign || (is == *sign && what->len > 0))
		return;
	*sign = is;
	str_reset(what);
	str_addz(what, why);
}

/* Counters of all sessions, which whoever may log in can read. */
static int
look_at_status(enum replica_sign *sign, struct str *what, struct db *db,
    struct err *e)
{
	struct rows r = ROWS_INIT;
	bool made = false, reset = false, runs = false;
	size_t i;
	int rc;

	rc = db_rows(db, &r, "vv", e, "SHOW GLOBAL STATUS WHERE Variable_name "
	    "IN ('Slaves_running', 'Com_change_master', 'Com_start_slave', "
	    "'Com_slave_start', 'Com_start_all_slaves', 'Com_replica_start', "
	    "'Com_change_replication_source', 'Com_reset') AND Value > 0");
	for (i = 0; rc == 0 && i < r.n; i++) {
		if (strcmp(r.cell[i][0], "Com_reset") == 0)
			reset = true;
		else if (strcmp(r.cell[i][0], "Slaves_running") == 0)
			runs = true;
		else
			made = true;
	}
	rows_free(&r);
	if (runs)
		note(sign, REPLICA_SIGN_SURE, what, "it applies what another "
		    "server has written");
	if (made)
		note(sign, reset ? REPLICA_SIGN_OLD : REPLICA_SIGN_LIKELY,
		    what, reset ? "it was told of a source since it started" :
		    "it was told of a source since it started, and not to "
		    "forget it");
	return rc;
}

/* The last transaction of a domain is its own, or one of its source. */
static int
look_at_positions(enum replica_sign *sign, struct str *what, struct db *db,
    struct err *e)
{
	struct rows r = ROWS_INIT;
	int rc = db_rows(db, &r, "vv", e, "SELECT @@gtid_slave_pos, "
	    "@@gtid_slave_pos = @@gtid_current_pos");

	if (rc == 0 && r.cell[0][0][0] != '\0')
		note(sign, strcmp(r.cell[0][1], "1") == 0 ?
		    REPLICA_SIGN_LIKELY : REPLICA_SIGN_OLD, what,
		    strcmp(r.cell[0][1], "1") == 0 ?
		    "the last that it has written is by replication "
		    "(gtid_slave_pos)" : "it has been one (gtid_slave_pos)");
	rows_free(&r);
	return rc;
}

/*
 * The applier waits for a position only while it runs.  The log must have the
 * name that its source's has: often that of its own, or the default one.
 * Several channels are error 3079.
 */
static int
look_at_wait(enum replica_sign *sign, struct str *what, struct db *db,
    struct err *e)
{
	const char *wait = db_server(db)->version >= 80026 ?
	    "SOURCE_POS_WAIT" : "MASTER_POS_WAIT";
	char *end = NULL;
	int rc;

	rc = db_value(db, &end, e, "SELECT LEAST(COALESCE(%s(CONCAT("
	    "SUBSTRING_INDEX(COALESCE(@@log_bin_basename, 'binlog'), '/', -1), "
	    "'.999999'), 4, 0.01), 0), COALESCE(%s('binlog.999999', 4, 0.01), "
	    "0), COALESCE(%s('mysql-bin.999999', 4, 0.01), 0))", wait, wait,
	    wait);
	if (rc == 0 && end != NULL && strcmp(end, "-1") == 0)
		note(sign, REPLICA_SIGN_SURE, what, "it applies what another "
		    "server has written");
	if (rc != 0 && e->kind == ERR_SQL && e->sqlno == 3079)
		note(sign, REPLICA_SIGN_LIKELY, what, "it has several channels "
		    "of replication");
	free(end);
	return db_class_unanswered(rc, e) ? 0 : rc;
}

/* Whose transactions it has. */
static int
look_at_gtids(enum replica_sign *sign, struct str *what, struct db *db,
    struct err *e)
{
	struct rows r = ROWS_INIT;
	bool own, others;
	int rc;

	rc = db_rows(db, &r, "vvv", e, "SELECT LOCATE(@@server_uuid, "
	    "@@global.gtid_executed) > 0, REPLACE(@@global.gtid_executed, "
	    "@@server_uuid, '') REGEXP '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-', "
	    "@@global.gtid_executed = ''");
	if (rc == 0) {
		own = strcmp(r.cell[0][0], "1") == 0;
		others = strcmp(r.cell[0][1], "1") == 0;
		if (strcmp(r.cell[0][2], "1") == 0)
			note(sign, REPLICA_SIGN_UNKNOWN, what, "without GTIDs "
			    "there would be no sign of it");
		else if (others)
			note(sign, own ? REPLICA_SIGN_OLD :
			    REPLICA_SIGN_LIKELY, what, own ?
			    "it has been one (gtid_executed)" :
			    "all that it has is by replication "
			    "(gtid_executed)");
	}
	rows_free(&r);
	return db_class_unanswered(rc, e) ? 0 : rc;
}

/* Its members have channels, and transactions of the group, anyway. */
static int
is_in_group(bool *yes, struct db *db, struct err *e)
{
	struct rows r = ROWS_INIT;
	int rc = db_rows(db, &r, "vv", e, "SHOW GLOBAL VARIABLES WHERE "
	    "Variable_name = 'group_replication_group_name' AND Value <> ''");

	*yes = rc == 0 && r.n > 0;
	rows_free(&r);
	return rc;
}

int
replica_signs_find(enum replica_sign *sign, struct str *what, struct db *db,
    struct err *e)
{
	bool group = false;

	*sign = REPLICA_SIGN_NONE;
	if (look_at_status(sign, what, db, e) != 0)
		return -1;
	if (db_server(db)->mariadb)
		return look_at_positions(sign, what, db, e);
	if (is_in_group(&group, db, e) != 0)
		return -1;
	return !group && (look_at_wait(sign, what, db, e) != 0 ||
	    look_at_gtids(sign, what, db, e) != 0) ? -1 : 0;
}

const char *
replica_signs_privilege(const struct server *s)
{
	return s->mariadb && s->version >= 100502 ? "SLAVE MONITOR" :
	    "REPLICATION CLIENT";
}
