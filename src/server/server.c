#include "server/server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/stop.h"
#include "base/str.h"
#include "base/util.h"
#include "server/denied.h"

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

bool
server_has_mode(const char *list, const char *word)
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
sees_locks(struct db *db)
{
	struct err ignored = { .kind = ERR_NONE };
	unsigned long long n = 0;

	if (db_server(db)->mariadb)
		return db_number(db, &n, &ignored, "SELECT COUNT(*) FROM "
		    "information_schema.METADATA_LOCK_INFO") == 0;
	return db_number(db, &n, &ignored, "SELECT COUNT(*) FROM "
	    "performance_schema.metadata_locks") == 0 && n > 0;
}

static bool
has_variable(struct db *db, const char *name)
{
	struct err ignored = { .kind = ERR_NONE };
	char *value = NULL;
	bool yes = db_value(db, &value, &ignored, "SELECT @@%s", name) == 0;

	free(value);
	return yes;
}

static bool
is_off(struct db *db, const char *name)
{
	struct err ignored = { .kind = ERR_NONE };
	char *value = NULL;
	bool yes = db_value(db, &value, &ignored, "SELECT @@GLOBAL.%s",
	    name) == 0 && value != NULL && strcmp(value, "0") == 0;

	free(value);
	return yes;
}

static int
ask_id(char **id, struct db *db, struct err *e)
{
	const struct server *s = db_server(db);

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
	s->ansi_quotes = server_has_mode(c[1], "ANSI_QUOTES");
	s->no_backslash_escapes = server_has_mode(c[1], "NO_BACKSLASH_ESCAPES");
	s->time_zone = xstrdup(c[2]);
	s->log_bin = strcmp(c[3], "1") == 0;
	s->binlog_statement = s->log_bin && strcmp(c[4], "STATEMENT") == 0;
	s->user = xstrdup(c[5]);
	s->host_text = xstrdup(c[6]);
	s->autoinc_lock = strcmp(c[7], "2") != 0;
	rows_free(&r);
	if (ask_id(&s->id, db, e) != 0)
		return err_while(e, "asking which server it is");
	s->sees_locks = sees_locks(db);
	s->snapshot_isolation = s->mariadb &&
	    has_variable(db, "innodb_snapshot_isolation");
	s->note_verbosity = s->mariadb && has_variable(db, "note_verbosity");
	s->keys_above = !s->mariadb && is_off(db, "innodb_native_foreign_keys");
	s->cascade_triggers = s->keys_above &&
	    has_variable(db, "enable_cascade_triggers");
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
server_recognize(struct db *db, struct err *e)
{
	const struct server *s = db_server(db);
	char *id = NULL;
	int rc = 0;

	if (ask_id(&id, db, e) != 0)
		return -1;
	if (!server_is_same(s->id, id)) {
		err_set(e, ERR_LOST, "the connection was to %s, and now there "
		    "is another server: %s", s->id, id);
		rc = err_hint(e, "if the new server replaces the old one, "
		    "resume the migration there");
	}
	free(id);
	return rc;
}

/*
 * Restarting takes a server seconds to minutes.  Each try of the hundreds of
 * us that it may have would cost it a thread, so they come less and less often.
 */
int
server_reconnect(struct db *db, struct err *e)
{
	double until = now_s() + db_server(db)->login->reconnect_for;
	double pause = RECONNECT_FIRST;

	/* It may break again while it is being asked who it is. */
	while (db_reopen(db, e) != 0 || server_recognize(db, e) != 0) {
		if (e->kind == ERR_LOST && e->sqlno == 0)
			return -1;	/* another server */
		if (now_s() + pause > until || stop_sleep(pause)) {
			e->kind = ERR_LOST;
			return -1;
		}
		pause = pause < RECONNECT_MOST ? 2 * pause : pause;
	}
	return 0;
}

int
server_explain(const struct server *s, const struct ident *schema,
    enum err_kind kind, struct err *e)
{
	if (e->kind != ERR_SQL)
		return -1;
	e->kind = kind;
	if (db_class(e->sqlno) != DB_DENIED)
		return -1;
	e->kind = ERR_NEEDS;
	return denied_hint(e, schema, s->user);
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
