#include "server/server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/stop.h"
#include "base/str.h"
#include "base/util.h"

#define OLDEST_MARIADB	100600
#define OLDEST_MYSQL	 80000
#define RECONNECT_FIRST	0.1	/* seconds between two tries */
#define RECONNECT_MOST	3.0

static unsigned int
version_number(const char *text)
{
	unsigned int major = 0, minor = 0, patch = 0;

	if (sscanf(text, "%u.%u.%u", &major, &minor, &patch) < 2)
		return 0;
	return major * 10000 + minor * 100 + patch;
}

static bool
has_word(const char *list, const char *word)
{
	size_t len = strlen(word);
	const char *p = list;

	while ((p = strstr(p, word)) != NULL) {
		if ((p == list || p[-1] == ',') &&
		    (p[len] == ',' || p[len] == '\0'))
			return true;
		p += len;
	}
	return false;
}

static int
check_version(const struct server *s, struct err *e)
{
	if (s->mariadb ? s->version >= OLDEST_MARIADB :
	    s->version >= OLDEST_MYSQL)
		return 0;
	return err_set(e, ERR_VERSION, "the server is %s %s; livealter needs "
	    "MariaDB 10.6 or MySQL 8.0, or later",
	    s->mariadb ? "MariaDB" : "MySQL", s->version_text);
}

/*
 * On MySQL each question holds a lock of its own while it is answered, so that
 * there is at least one when the instrument is on.
 */
static bool
sees_locks(const struct server *s, struct db *db)
{
	struct err ignored = { .kind = ERR_NONE };
	unsigned long long n = 0;

	if (s->mariadb)
		return db_number(db, &n, &ignored, "SELECT COUNT(*) FROM "
		    "information_schema.METADATA_LOCK_INFO") == 0;
	return db_number(db, &n, &ignored, "SELECT COUNT(*) FROM "
	    "performance_schema.metadata_locks") == 0 && n > 0;
}

static int
ask_id(char **id, const struct server *s, struct db *db, struct err *e)
{
	return db_value(db, id, e, "SELECT CONCAT(@@hostname, ':', @@port, "
	    "' ', %s)", s->mariadb ? "@@server_id" : "@@server_uuid");
}

#define QUOTED_USER \
	"CONCAT(QUOTE(SUBSTRING_INDEX(CURRENT_USER(), '@', 1)), '@', " \
	"QUOTE(SUBSTRING_INDEX(CURRENT_USER(), '@', -1)))"

int
server_probe(struct server *s, struct db *db, struct err *e)
{
	struct rows r = ROWS_INIT;
	char **c;

	if (db_row(db, &r, "vvvvvvvv", e, "SELECT VERSION(), "
	    "@@global.sql_mode, @@global.time_zone, @@global.log_bin, "
	    "@@session.binlog_format, "
	    QUOTED_USER ", CONCAT(@@hostname, ':', @@port), "
	    "@@global.innodb_autoinc_lock_mode") != 0)
		return err_while(e, "asking what the server is");
	c = r.cell[0];
	s->version_text = xstrdup(c[0]);
	s->mariadb = strstr(c[0], "MariaDB") != NULL;
	s->version = version_number(c[0]);
	s->sql_mode = xstrdup(c[1]);
	s->ansi_quotes = has_word(c[1], "ANSI_QUOTES");
	s->no_backslash_escapes = has_word(c[1], "NO_BACKSLASH_ESCAPES");
	s->time_zone = xstrdup(c[2]);
	s->log_bin = strcmp(c[3], "1") == 0;
	s->binlog_statement = s->log_bin && strcmp(c[4], "STATEMENT") == 0;
	s->user = xstrdup(c[5]);
	s->host_text = xstrdup(c[6]);
	s->autoinc_lock = strcmp(c[7], "2") != 0;
	rows_free(&r);
	if (ask_id(&s->id, s, db, e) != 0)
		return err_while(e, "asking which server it is");
	s->sees_locks = sees_locks(s, db);
	return check_version(s, e);
}

void
server_free(struct server *s)
{
	free(s->version_text);
	free(s->host_text);
	free(s->id);
	free(s->sql_mode);
	free(s->time_zone);
	free(s->user);
	memset(s, 0, sizeof(*s));
}

/* Of an id: what tells it from every other. */
static const char *
last_word(const char *id)
{
	const char *blank = strrchr(id, ' ');

	return blank != NULL ? blank + 1 : id;
}

bool
server_is_same(const char *id1, const char *id2)
{
	return strcmp(last_word(id1), last_word(id2)) == 0;
}

int
server_recognize(const struct server *s, struct db *db, struct err *e)
{
	char *id = NULL;
	int rc = 0;

	if (ask_id(&id, s, db, e) != 0)
		return -1;
	if (!server_is_same(s->id, id)) {
		err_set(e, ERR_LOST, "the connection was to %s, and now there "
		    "is another server: %s", s->id, id);
		rc = err_hint(e, "if that one takes its place, livealter "
		    "resume goes on there");
	}
	free(id);
	return rc;
}

/*
 * Restarting takes a server seconds to minutes.  Each try of the hundreds of
 * us that it may have would cost it a thread, so they come less and less often.
 */
int
server_reconnect(const struct server *s, struct db *db, struct err *e)
{
	double until = now_s() + db_config(db)->reconnect_for;
	double pause = RECONNECT_FIRST;

	while (db_reopen(db, e) != 0) {
		if (now_s() + pause > until || stop_sleep(pause)) {
			e->kind = ERR_LOST;
			return -1;
		}
		pause = pause < RECONNECT_MOST ? 2 * pause : pause;
	}
	return server_recognize(s, db, e);
}

/*
 * Settings that not every server has, or that not everybody may change, and
 * that we can do without.
 */
static int
optional(struct db *db, const char *sql, struct err *e)
{
	struct err ignored = { .kind = ERR_NONE };

	if (db_session(db, sql, &ignored) == 0)
		return 0;
	if (ignored.kind != ERR_LOST)
		return 0;
	*e = ignored;
	return -1;
}

/* The user's --set-vars, over most of our defaults. */
static int
user_vars(struct db *db, const struct config *cfg, struct err *e)
{
	struct str q = STR_INIT;
	int rc = 0;

	if (cfg->set_vars == NULL || cfg->set_vars[0] == '\0')
		return 0;
	str_addf(&q, "SET SESSION %s", cfg->set_vars);
	if (db_session(db, q.s, e) != 0) {
		err_while(e, "--set-vars");
		if (e->kind == ERR_SQL)
			e->kind = ERR_USAGE;
		rc = -1;
	}
	str_free(&q);
	return rc;
}

/*
 * The user's ALTER runs under the sql_mode it would have from anybody's
 * client.  Every other statement is ours and runs under a mode that keeps
 * values as they are: id 0 stays 0, zero dates stay, and the text that SHOW
 * CREATE TABLE gives is read the way it was written.  It decides what the
 * data become, so not even --set-vars changes it.
 */
static int
set_mode(struct db *db, enum server_session what, unsigned int how,
    struct err *e)
{
	if (what == SESSION_ALTER)
		return 0;
	return db_session(db, how & SESSION_INVALID_DATES ?
	    "SET SESSION sql_mode='" SERVER_SQL_MODE ","
	    "ALLOW_INVALID_DATES'" :
	    "SET SESSION sql_mode='" SERVER_SQL_MODE "'", e);
}

/*
 * READ COMMITTED spares the application the gap locks of the copy's locking
 * reads; statement-based logging does not allow it (error 1665).
 */
static const char *
isolation(const struct server *s, enum server_session what)
{
	if (what == SESSION_COPY && !s->binlog_statement)
		return "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED";
	return "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ";
}

int
server_session(const struct server *s, struct db *db,
    enum server_session what, unsigned int how, const struct config *cfg,
    struct err *e)
{
	if (db_session(db, "SET SESSION autocommit=1, sql_quote_show_create=1, "
	    "wait_timeout=604800, "
	    "innodb_lock_wait_timeout=1", e) != 0 ||
	    /* MariaDB >= 10.6.18: error 1020 on locking reads (MDEV-35124). */
	    optional(db, "SET SESSION innodb_snapshot_isolation=OFF", e) != 0 ||
	    optional(db, "SET SESSION max_statement_time=0", e) != 0 ||
	    optional(db, "SET SESSION max_execution_time=0", e) != 0 ||
	    /* Table facts as they are now, not as they were yesterday. */
	    optional(db, "SET SESSION information_schema_stats_expiry=0",
	    e) != 0 ||
	    /* No invisible primary key that the original has not. */
	    optional(db, "SET SESSION sql_generate_invisible_primary_key=OFF",
	    e) != 0 ||
	    /* By this others like us know whom not to kill. */
	    optional(db, "SELECT GET_LOCK(CONCAT('livealter session ', "
	    "CONNECTION_ID()), 0)", e) != 0 ||
	    optional(db, "SET SESSION lc_messages='en_US'", e) != 0 ||
	    /* For a chunk's rows as text; what does not fit is noticed. */
	    optional(db, "SET SESSION group_concat_max_len = "
	    "@@max_allowed_packet DIV 2", e) != 0 ||
	    /* MySQL lets only administrators change it. */
	    optional(db, "SET SESSION max_error_count=65535", e) != 0 ||
	    user_vars(db, cfg, e) != 0 ||
	    set_mode(db, what, how, e) != 0 ||
	    /* While we wait for a table, everybody waits: a second at most. */
	    db_session(db, "SET SESSION lock_wait_timeout=1", e) != 0 ||
	    db_session(db, isolation(s, what), e) != 0)
		return -1;
	/*
	 * The copy has its hands full of locks when it comes to the new table;
	 * one that waits then is half a deadlock.  MySQL knows no 0.
	 */
	if (what == SESSION_COPY && s->mariadb &&
	    db_session(db, "SET SESSION innodb_lock_wait_timeout=0", e) != 0)
		return -1;
	/*
	 * What is copied has been checked where it is; and of the table's own
	 * rows the children may come before their parents.
	 */
	if (what == SESSION_COPY &&
	    db_session(db, "SET SESSION foreign_key_checks=0", e) != 0)
		return -1;
	return db_session(db, how & SESSION_UTC ?
	    "SET SESSION time_zone='+00:00'" :
	    "SET SESSION time_zone=DEFAULT", e);
}

int
server_open(struct db **db, const struct server *s, const struct config *cfg,
    const char *role, enum server_session what, unsigned int how,
    struct err *e)
{
	return db_open(db, cfg, role, e) != 0 ||
	    server_session(s, *db, what, how, cfg, e) != 0 ? -1 : 0;
}

int
server_explain(const struct server *s, const struct ident *schema,
    enum err_kind kind, struct err *e)
{
	unsigned int no = e->sqlno;

	if (e->kind != ERR_SQL)
		return -1;
	e->kind = kind;
	if (db_class(no) != DB_DENIED)
		return -1;
	e->kind = ERR_NEEDS;
	if (no == 1419)
		return err_hint(e, "with binary logging, triggers need SUPER "
		    "or log_bin_trust_function_creators: SET GLOBAL "
		    "log_bin_trust_function_creators = 1");
	return err_hint(e, "GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, "
	    "DROP, ALTER, TRIGGER, LOCK TABLES ON %s.* TO %s",
	    schema->sql, s->user);
}

const char *
server_share_nowait(const struct server *s)
{
	return s->mariadb ? "LOCK IN SHARE MODE NOWAIT" : "FOR SHARE NOWAIT";
}

const char *
server_share(const struct server *s)
{
	return s->mariadb ? "LOCK IN SHARE MODE WAIT 1" : "FOR SHARE";
}
