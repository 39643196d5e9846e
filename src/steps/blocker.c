/*
 * A transaction that has read a table keeps it from being renamed until it
 * ends, and one that no session ends ("idle in transaction") does so for good.
 *
 * Killed is only who is known to hold a lock of these tables.  MySQL knows
 * by performance_schema.metadata_locks, MariaDB by METADATA_LOCK_INFO, a
 * plugin.  Without it, MariaDB knows only which transactions are old, and of
 * what they have written, not what they have read; that is enough to name
 * some who may be in the way, and not enough to kill anybody.
 */
#include "steps/blocker.h"

#include <stdlib.h>
#include <string.h>

#include "base/event.h"
#include "base/log.h"
#include "base/stop.h"
#include "base/str.h"
#include "base/util.h"

#define SHOWN 3		/* holders named at a time */

/* The columns of both questions. */
enum { ID, USER, HOST, AGE, STATEMENT, HELD, MODIFIED, ENDS, OURS, INTERNAL,
    SPECIAL, DUMP };
#define HOLDERS "vvvvvv??????"
#define SUSPECTS "vvvvv"

/*
 * InnoDB gives the time in the zone of the system, whatever the session's is
 * (storage/innobase/handler/i_s.cc, field_store_time_t()).
 */
#define TRX_AGE \
	"TIMESTAMPDIFF(SECOND, CONVERT_TZ(x.trx_started, 'SYSTEM', " \
	"'+00:00'), UTC_TIMESTAMP())"

/*
 * INNODB_TRX is not made anew for somebody who asks within 0.1 s of somebody
 * else (trx0i_s.cc, CACHE_MIN_IDLE_TIME), so MySQL's other list comes first.
 * Its TIME is by the session's clock, which SET TIMESTAMP puts wherever it
 * likes: good enough for those that are not killed.
 */
#define AGE_MYSQL \
	"e.TIMER_WAIT DIV 1000000000000, " TRX_AGE ", " \
	"IF(h.special > 0, p.TIME, 0)"
#define AGE_MARIADB TRX_AGE ", p.TIME"

#define WHO \
	"p.ID, COALESCE(p.USER, ''), COALESCE(p.HOST, ''), "

#define STATEMENT_NOW \
	"COALESCE(p.INFO, 'idle')"

/*
 * Granted locks, as id, what, db, name, mode.  A user-level lock has its name
 * where MariaDB's tables have their database.
 */
#define LOCKS_MYSQL \
	"(SELECT t.PROCESSLIST_ID AS id, m.OBJECT_TYPE AS what, " \
	"m.OBJECT_SCHEMA AS db, m.OBJECT_NAME AS name, " \
	"m.LOCK_TYPE AS mode FROM performance_schema.metadata_locks m " \
	"JOIN performance_schema.threads t ON t.THREAD_ID = " \
	"m.OWNER_THREAD_ID WHERE m.LOCK_STATUS = 'GRANTED') l"
#define LOCKS_MARIADB \
	"(SELECT THREAD_ID AS id, CASE LOCK_TYPE WHEN 'Table metadata " \
	"lock' THEN 'TABLE' WHEN 'User lock' THEN 'USER LEVEL LOCK' WHEN " \
	"'Backup lock' THEN 'GLOBAL' END AS what, TABLE_SCHEMA AS db, " \
	"IF(LOCK_TYPE = 'User lock', TABLE_SCHEMA, TABLE_NAME) AS name, " \
	"SUBSTR(LOCK_MODE, 5) AS mode FROM " \
	"information_schema.METADATA_LOCK_INFO) l"

/*
 * What statements that read and write rows take; every other kind is DDL's,
 * LOCK TABLES', FLUSH's or a backup's.
 */
#define SPECIAL_LOCK \
	"(what = 'TABLE' AND mode NOT IN ('SHARED', 'SHARED_HIGH_PRIO', " \
	"'SHARED_READ', 'SHARED_WRITE', 'SHARED_WRITE_LOW_PRIO')) OR " \
	"(what IN ('GLOBAL', 'COMMIT', 'BACKUP LOCK', 'BACKUP TABLES " \
	"LOCK') AND mode NOT IN ('INTENTION_EXCLUSIVE', 'BACKUP_DML', " \
	"'BACKUP_TRANS_DML', 'BACKUP_SYS_DML', 'BACKUP_COMMIT'))"

/*
 * What keeps everybody from altering, or writing to, any table: FLUSH TABLES
 * WITH READ LOCK, LOCK INSTANCE FOR BACKUP, and the later stages of BACKUP.
 */
#define SERVER_LOCK \
	"what IN ('GLOBAL', 'COMMIT', 'BACKUP LOCK', 'BACKUP TABLES LOCK') " \
	"AND mode IN ('SHARED', 'BACKUP_WAIT_FLUSH', 'BACKUP_WAIT_DDL', " \
	"'BACKUP_BLOCK_DDL', 'BACKUP_WAIT_COMMIT', 'BACKUP_FTWRL1', " \
	"'BACKUP_FTWRL2')"
#define WHOLE_SERVER "the whole server"

/* MySQL's clients say what program they are. */
#define PROGRAM_MYSQL \
	" + COALESCE((SELECT MAX(a.ATTR_VALUE = 'livealter') FROM " \
	"performance_schema.session_account_connect_attrs a WHERE " \
	"a.PROCESSLIST_ID = h.id AND a.ATTR_NAME = 'program_name'), 0)"

/*
 * Both lists of information_schema fail on MySQL (error 3854) while anybody
 * runs a statement with a character outside of utf8mb3, whatever is asked of
 * them.  performance_schema gives threads of replication a user like any
 * other's, and has no number of modified rows: without the second list, what a
 * transaction has modified is unknown.
 */
#define PEOPLE_MYSQL \
	"(SELECT PROCESSLIST_ID AS ID, IF(NAME = " \
	"'thread/sql/one_connection' OR NAME LIKE 'thread/thread_pool/%', " \
	"PROCESSLIST_USER, 'system user') AS USER, " \
	"PROCESSLIST_HOST AS HOST, PROCESSLIST_COMMAND AS COMMAND, " \
	"PROCESSLIST_TIME AS TIME, PROCESSLIST_INFO AS INFO FROM " \
	"performance_schema.threads WHERE PROCESSLIST_ID IS NOT NULL)"
#define PEOPLE_MARIADB "information_schema.PROCESSLIST"
#define TRX_ALL "information_schema.INNODB_TRX"
#define TRX_NONE \
	"(SELECT NULL AS trx_mysql_thread_id, NULL AS trx_started, " \
	"NULL AS trx_state, NULL AS trx_rows_modified)"
#define ER_CANNOT_CONVERT 3854
#define TRX_TRIES 5

/* The lock is of one of the tables. */
static void
add_tables(struct str *out, struct db *db, const struct mdl_set *set)
{
	size_t i;

	for (i = 0; i < set->n; i++) {
		str_addz(out, i > 0 ? " OR (" : "(");
		db_match(out, db, "db", "name", set->table[i]);
		str_addz(out, ")");
	}
}

/* Each holder of a lock of these tables, eldest first. */
static void
ask_holders(struct str *q, const struct blocker_watch *w, bool trx)
{
	const bool mariadb = db_server(w->db)->mariadb;
	struct str these = STR_INIT;

	if (w->set != NULL)
		add_tables(&these, w->db, w->set);
	else
		str_addz(&these, "FALSE");
	str_addf(q, "SELECT " WHO "GREATEST(COALESCE(%s, 0), 0) AS age, "
	    STATEMENT_NOW ", h.held, %s, "
	    "p.COMMAND = 'Killed' OR COALESCE(x.trx_state, '') = "
	    "'ROLLING BACK', h.ours%s > 0, "
	    "COALESCE(p.USER IN ('system user', 'event_scheduler', "
	    "'mariadb.sys') OR p.USER LIKE 'mysql.%%' OR p.COMMAND NOT IN "
	    "('Sleep', 'Query', 'Execute', 'Fetch'), 1), h.special > 0%s, "
	    "COALESCE(p.INFO LIKE 'SELECT /*!40001 SQL_NO_CACHE */%%', 0) "
	    "FROM (SELECT id, COALESCE(MIN(IF(what = 'TABLE' AND (%s), "
	    "CONCAT(db, '.', name), NULL)), MAX(IF(" SERVER_LOCK ", '"
	    WHOLE_SERVER "', NULL))) AS held, "
	    "SUM(what = 'USER LEVEL LOCK' AND name LIKE 'livealter %%') "
	    "AS ours, SUM(" SPECIAL_LOCK ") AS special FROM %s GROUP BY id "
	    "HAVING held IS NOT NULL) h "
	    "JOIN %s p ON p.ID = h.id LEFT JOIN %s x ON "
	    "x.trx_mysql_thread_id = h.id%s "
	    "WHERE h.id NOT IN (CONNECTION_ID(), %lu) ORDER BY age DESC",
	    mariadb ? AGE_MARIADB : AGE_MYSQL,
	    trx ? "COALESCE(x.trx_rows_modified, 0)" : "NULL",
	    mariadb ? "" : PROGRAM_MYSQL,
	    mariadb ? "" : " OR COALESCE(e.XA_STATE, '') = 'PREPARED'", these.s,
	    mariadb ? LOCKS_MARIADB : LOCKS_MYSQL,
	    mariadb ? PEOPLE_MARIADB : PEOPLE_MYSQL,
	    trx ? TRX_ALL : TRX_NONE, mariadb ? "" :
	    " LEFT JOIN (performance_schema.threads et JOIN "
	    "performance_schema.events_transactions_current e ON "
	    "e.THREAD_ID = et.THREAD_ID AND e.STATE = 'ACTIVE') ON "
	    "et.PROCESSLIST_ID = h.id", w->but);
	str_free(&these);
}

static int
read_holders(struct rows *r, const struct blocker_watch *w, struct err *e)
{
	struct str q = STR_INIT;
	int i, rc = -1;

	for (i = 0; i <= TRX_TRIES; i++) {
		str_reset(&q);
		memset(e, 0, sizeof(*e));
		ask_holders(&q, w, i < TRX_TRIES);
		rc = db_rows(w->db, r, HOLDERS, e, "%s", q.s);
		if (rc == 0 || e->sqlno != ER_CANNOT_CONVERT ||
		    stop_sleep(0.01))
			break;
	}
	str_free(&q);
	return rc;
}

/* Where the holders are not known: who has a transaction open. */
static int
read_suspects(struct rows *r, const struct blocker_watch *w, struct err *e)
{
	return db_rows(w->db, r, SUSPECTS, e, "SELECT " WHO
	    "GREATEST(COALESCE(" TRX_AGE ", 0), 0) AS age, " STATEMENT_NOW
	    " FROM information_schema.INNODB_TRX x "
	    "JOIN information_schema.PROCESSLIST p ON p.ID = "
	    "x.trx_mysql_thread_id WHERE p.ID NOT IN (CONNECTION_ID(), %lu) "
	    "ORDER BY age DESC LIMIT 3", w->but);
}

static unsigned long long
number(const char *text)
{
	return text == NULL ? 0 : strtoull(text, NULL, 10);
}

static bool
is_whole(char **c)
{
	return c[HELD] != NULL && strcmp(c[HELD], WHOLE_SERVER) == 0;
}

static void
name_some(const struct rows *r, bool known)
{
	struct event_blocker b = { .known = known };
	char **c;
	size_t i;

	for (i = 0; i < r->n && i < SHOWN; i++) {
		c = r->cell[i];
		b.id = c[ID];
		b.user = c[USER];
		b.host = c[HOST];
		b.age_s = c[AGE];
		b.statement = c[STATEMENT];
		b.note = known && number(c[OURS]) != 0 ? "livealter" : NULL;
		b.holds = known && is_whole(c) ? WHOLE_SERVER ", as a backup "
		    "does" : NULL;
		event_blocker(&b);
	}
}

/*
 * MariaDB does not say whose a prepared XA transaction is.  Without its
 * connection it would keep its rows but lose its lock on the table, and
 * what it commits after the swap would be in the old table.
 */
static bool
may_be_prepared(struct blocker_watch *w, char **c)
{
	struct err ignored = { .kind = ERR_NONE };
	struct rows r = ROWS_INIT;
	bool some;

	if (!db_server(w->db)->mariadb || number(c[MODIFIED]) == 0)
		return false;
	some = db_rows(w->db, &r, NULL, &ignored, "XA RECOVER") != 0 || r.n > 0;
	rows_free(&r);
	return some;
}

/* Why this one is not to be killed, however old; empty when it may be. */
static void
add_reason(struct str *why, struct blocker_watch *w, char **c)
{
	const unsigned long long most = w->rule->max_rows;

	if (number(c[OURS]) != 0)
		str_addz(why, "it is livealter's");
	else if (number(c[INTERNAL]) != 0)
		str_addz(why, "it is the server's own, or replication");
	else if (number(c[SPECIAL]) != 0)
		str_addz(why, "it alters a table, is a backup, holds LOCK "
		    "TABLES or FLUSH TABLES, or has a prepared XA "
		    "transaction");
	else if (number(c[DUMP]) != 0)
		str_addz(why, "it is a dump");
	else if (c[MODIFIED] == NULL)
		str_addz(why, "what its transaction has modified cannot be "
		    "asked while another session runs a statement with "
		    "characters outside of utf8mb3");
	else if (number(c[MODIFIED]) > most)
		str_addf(why, "its transaction has modified %s rows, and "
		    "--kill-blockers-max-rows is %llu", c[MODIFIED],
		    most);
	else if (may_be_prepared(w, c))
		str_addz(why, "it has modified rows, and there is a prepared "
		    "XA transaction that may be its");
}

/* True the first time. */
static bool
not_yet_told(struct blocker_watch *w, unsigned long id)
{
	size_t i;

	for (i = 0; i < w->n_told; i++)
		if (w->told[i] == id)
			return false;
	w->told = xrealloc(w->told, w->n_told + 1, sizeof(*w->told));
	w->told[w->n_told++] = id;
	return true;
}

#define ER_NO_SUCH_THREAD 1094
#define ER_KILL_DENIED 1095

/* Returns true when it is, or soon will be, gone. */
static bool
kill_one(struct blocker_watch *w, char **c, double seconds)
{
	struct err e = { .kind = ERR_NONE };

	log_warn("connection %s (%s@%s) is killed: its transaction, open for "
	    "%s s, holds %s, and --kill-blockers is %g; its statement: %.100s",
	    c[ID], c[USER], c[HOST], c[AGE], c[HELD], seconds, c[STATEMENT]);
	if (db_run(w->db, &e, "KILL CONNECTION %s", c[ID]) == 0 ||
	    e.sqlno == ER_NO_SUCH_THREAD) {
		w->killed++;
		return true;
	}
	log_warn("connection %s could not be killed: %s", c[ID], e.text);
	if (e.sqlno == ER_KILL_DENIED && !db_server(w->db)->mariadb)
		log_hint("to kill a session of an account that has the "
		    "privilege SYSTEM_USER, it is needed as well");
	return false;
}

/* Returns true when it is on its way out. */
static bool
judge(struct blocker_watch *w, char **c)
{
	const double after = w->rule->after;
	unsigned long long age = number(c[AGE]);
	struct str why = STR_INIT;
	bool ends = number(c[ENDS]) != 0;

	if (after <= 0 || ends || (double)age < after)
		return ends;
	add_reason(&why, w, c);
	if (why.len == 0)
		ends = kill_one(w, c, after);
	else if (not_yet_told(w, number(c[ID])))
		log_warn("connection %s (%s@%s), for %s s in the way of %s, is "
		    "not killed: %s", c[ID], c[USER], c[HOST], c[AGE],
		    c[HELD], why.s);
	str_free(&why);
	return ends;
}

unsigned long long
blocker_look(struct blocker_watch *w, bool name)
{
	const bool known = db_server(w->db)->sees_locks;
	struct err ignored = { .kind = ERR_NONE };
	unsigned long long eldest = 0, age;
	struct rows r = ROWS_INIT;
	size_t i;

	if (!name && w->rule->after <= 0 && !w->asks_age)
		return 0;
	if ((known ? read_holders(&r, w, &ignored) :
	    read_suspects(&r, w, &ignored)) != 0)
		log_info("the sessions that use the table cannot be listed: %s",
		    ignored.text);
	if (name)
		name_some(&r, known);
	for (i = 0; known && i < r.n; i++) {
		age = number(r.cell[i][AGE]);
		if (!judge(w, r.cell[i]) && age > eldest)
			eldest = age;
	}
	rows_free(&r);
	return eldest;
}

void
blocker_free(struct blocker_watch *w)
{
	free(w->told);
	w->told = NULL;
	w->n_told = 0;
}

#define ER_LOCK_WAIT_TIMEOUT 1205

void
blocker_explain(struct db *db, struct err *e)
{
	struct blocker_watch w = { .db = db };
	const struct server *s;
	struct err ignored = { .kind = ERR_NONE };
	struct rows r = ROWS_INIT;
	char **c;

	if (e->sqlno != ER_LOCK_WAIT_TIMEOUT || e->hint[0] != '\0' ||
	    db == NULL)
		return;
	s = db_server(db);
	if (!s->sees_locks)
		err_hint(e, "another session holds a lock that conflicts with "
		    "it, perhaps a backup (FLUSH TABLES WITH READ LOCK, %s); "
		    "%s shows which", s->mariadb ? "BACKUP STAGE" :
		    "LOCK INSTANCE FOR BACKUP", s->mariadb ?
		    "INSTALL SONAME 'metadata_lock_info'" :
		    "GRANT SELECT ON performance_schema.*");
	else if (read_holders(&r, &w, &ignored) == 0 && r.n > 0) {
		c = r.cell[0];
		err_hint(e, "connection %s (%s@%s) holds " WHOLE_SERVER
		    ", as a backup does (FLUSH TABLES WITH READ LOCK, %s): "
		    "wait until it is done", c[ID], c[USER], c[HOST],
		    s->mariadb ? "BACKUP STAGE" : "LOCK INSTANCE FOR BACKUP");
	}
	rows_free(&r);
}

/* Without a list of locks no session can be killed for holding one. */
static int
check_sight(const struct server *s, struct err *e)
{
	if (s->sees_locks)
		return 0;
	if (s->mariadb) {
		err_set(e, ERR_NEEDS, "--kill-blockers: the server cannot "
		    "tell which session holds the table: there is no "
		    "information_schema.METADATA_LOCK_INFO");
		return err_hint(e, "INSTALL SONAME 'metadata_lock_info'");
	}
	err_set(e, ERR_NEEDS, "--kill-blockers: "
	    "performance_schema.metadata_locks cannot be read");
	return err_hint(e, "GRANT SELECT ON performance_schema.* TO %s; and "
	    "the instrument wait/lock/metadata/sql/mdl must be enabled",
	    s->user);
}

/* Ask once, so that what may not be asked is known at the start. */
static int
check_question(const struct blocker_watch *w, struct err *e)
{
	const struct server *s = db_server(w->db);
	struct rows r = ROWS_INIT;
	int rc;

	rc = read_holders(&r, w, e);
	rows_free(&r);
	if (rc == 0 || e->kind != ERR_SQL)
		return rc;
	e->kind = ERR_NEEDS;
	err_while(e, "--kill-blockers: asking which session holds the table");
	return s->mariadb ? -1 : err_hint(e, "GRANT SELECT ON "
	    "performance_schema.* TO %s", s->user);
}

/*
 * What comes by a role is not in this list; then nothing is concluded from
 * it, and a KILL that is refused is logged.
 */
static int
check_rights(struct db *db, struct err *e)
{
	const struct server *s = db_server(db);
	const char *admin = s->mariadb ? "CONNECTION ADMIN" :
	    "CONNECTION_ADMIN";
	/* MariaDB 11.0 took it out of SUPER. */
	bool super = !s->mariadb || s->version < 110000;
	struct str who = STR_INIT;
	char *lacks = NULL;
	int rc;

	db_literal(&who, db, s->user);
	rc = db_value(db, &lacks, e, "SELECT IF(COALESCE(CURRENT_ROLE(), "
	    "'NONE') <> 'NONE', '', CONCAT_WS(', ', "
	    "IF(MAX(PRIVILEGE_TYPE = 'PROCESS'), NULL, 'PROCESS'), "
	    "IF(MAX(PRIVILEGE_TYPE IN ('%s', '%s')), NULL, '%s'))) "
	    "FROM information_schema.USER_PRIVILEGES WHERE GRANTEE = %s",
	    admin, super ? "SUPER" : admin, admin, who.s);
	str_free(&who);
	if (rc == 0 && lacks != NULL && lacks[0] != '\0') {
		rc = err_set(e, ERR_NEEDS, "--kill-blockers: %s lacks "
		    "privileges: %s", s->user, lacks);
		err_hint(e, "GRANT %s ON *.* TO %s", lacks, s->user);
	}
	free(lacks);
	return rc;
}

int
blocker_check(struct db *db, const struct mdl_set *set,
    const struct kill_rule *rule, struct err *e)
{
	const struct blocker_watch w = { .db = db, .set = set };

	if (rule->after <= 0)
		return 0;
	return check_sight(db_server(db), e) != 0 || check_rights(db, e) != 0 ||
	    check_question(&w, e) != 0 ? -1 : 0;
}
