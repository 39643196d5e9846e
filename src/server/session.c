/*
 * How our sessions are set up.
 *
 * A variable is in the table below when it decides what our statements mean
 * (sql_auto_is_null), which rows or how much of an answer they reach
 * (sql_select_limit), whether they are let through (sql_safe_updates), or how
 * long they and those who wait for them take (lock_wait_timeout).
 *
 * Not there are those that native ALTER TABLE obeys as well when it makes or
 * computes something (innodb_strict_mode, auto_increment_increment,
 * div_precision_increment): what it would have made is what is wanted.  For
 * the session that runs the user's ALTER there are more of these, and those
 * have OURS below, which is all but that session.
 */
#include "server/session.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/list.h"
#include "base/log.h"
#include "base/str.h"
#include "base/util.h"

enum {
	COPY = 1 << SESSION_COPY,
	OURS = 1 << SESSION_MAIN | COPY | 1 << SESSION_VERIFY,
	ALL = OURS | 1 << SESSION_ALTER,
};

enum {
	/* Not even --set-vars changes it: the data depend on it. */
	FIRM = 1,
	/* Needed before we may ask which variables there are. */
	EARLY = 2,
	EARLY_MARIADB = 4,
	EARLY_MYSQL = 8,
	/* Only for accounts with SUPER, SESSION_VARIABLES_ADMIN and the like;
	 * we can do without. */
	ADMIN_MARIADB = 16,
	ADMIN_MYSQL = 32,
	/* MySQL does not take this value. */
	MARIADB = 64,
};

#define MOST "18446744073709551615"

struct setting {
	const char *name;
	const char *value;		/* NULL: see isolation() */
	unsigned int in;		/* bits of enum session_use */
	unsigned int how;
};

static const struct setting settings[] = {
	/* Transactions: begin and end where we say so, and may write. */
	{ "autocommit", "1", ALL, FIRM | EARLY },
	{ "completion_type", "0", ALL, FIRM | EARLY },
	{ "transaction_isolation", NULL, ALL, FIRM },
	{ "tx_isolation", NULL, ALL, FIRM },
	{ "transaction_read_only", "0", ALL, FIRM },
	{ "tx_read_only", "0", ALL, FIRM },
	/* Error 1020 on locking reads (MDEV-35124). */
	{ "innodb_snapshot_isolation", "0", ALL, 0 },

	/* All rows, and no others. */
	{ "sql_select_limit", MOST, ALL, FIRM | EARLY },
	{ "sql_auto_is_null", "0", ALL, FIRM },
	{ "system_versioning_asof", "DEFAULT", ALL, FIRM },
	{ "system_versioning_insert_history", "0", ALL, FIRM },
	/* Columns of a generated primary key, too. */
	{ "show_gipk_in_create_table_and_information_schema", "1", ALL, FIRM },
	/* Not from a cache, nor from a copy in another engine. */
	{ "query_cache_type", "0", ALL, FIRM },
	{ "use_secondary_engine", "OFF", ALL, FIRM },
	/* A WITH RECURSIVE goes to its end. */
	{ "max_recursive_iterations", "1000", ALL, 0 },
	{ "cte_max_recursion_depth", "1000", ALL, 0 },
	{ "standard_compliant_cte", "1", ALL, 0 },
	/* Table facts as they are now, not as they were yesterday. */
	{ "information_schema_stats_expiry", "0", ALL, 0 },
	/* For a chunk's rows as text; what does not fit is noticed. */
	{ "group_concat_max_len", "@@max_allowed_packet DIV 2", ALL, 0 },
	/* A GROUP BY sorts by the beginnings of long values. */
	{ "max_sort_length", "1024", ALL, 0 },

	/* Statements are let through, however many rows they read. */
	{ "max_join_size", MOST, ALL, EARLY },
	{ "sql_big_selects", "1", ALL, EARLY },
	{ "sql_safe_updates", "0", ALL, EARLY },
	{ "max_statement_time", "0", ALL, EARLY_MARIADB },
	{ "max_execution_time", "0", ALL, EARLY_MYSQL },
	{ "max_session_mem_used", "9223372036854775807", ALL, EARLY_MARIADB },
	{ "connection_memory_limit", MOST, ALL, ADMIN_MYSQL },
	{ "tmp_disk_table_size", MOST, ALL, EARLY_MARIADB },
	{ "max_tmp_session_space_usage", "0", ALL, ADMIN_MARIADB },
	{ "sort_buffer_size", "2097152", ALL, 0 },
	{ "sql_buffer_result", "0", ALL, 0 },
	/* Or a chunk is read from the beginning of the table. */
	{ "range_optimizer_max_mem_size", "8388608", ALL, 0 },
	{ "optimizer_max_sel_args", "16000", ALL, 0 },
	{ "optimizer_max_sel_arg_weight", "32000", ALL, 0 },

	/* No session waits long, neither for us nor we for others ... */
	{ "lock_wait_timeout", "1", ALL, FIRM | EARLY },
	{ "innodb_lock_wait_timeout", "1", ALL, 0 },
	/*
	 * The copy has its hands full of locks when it comes to the new table;
	 * one that waits then is half a deadlock.  MySQL knows no 0.
	 */
	{ "innodb_lock_wait_timeout", "0", COPY, FIRM | MARIADB },
	/* ... and a connection that is not used for a while stays. */
	{ "wait_timeout", "604800", ALL, 0 },
	{ "idle_transaction_timeout", "0", ALL, 0 },
	{ "idle_readonly_transaction_timeout", "0", ALL, 0 },
	{ "idle_write_transaction_timeout", "0", ALL, 0 },
	{ "net_read_timeout", "60", ALL, 0 },
	{ "net_write_timeout", "60", ALL, 0 },

	/* What is checked.  unique_checks=0 leaves duplicates unseen. */
	{ "unique_checks", "1", ALL, FIRM },
	{ "check_constraint_checks", "1", ALL, 0 },
	{ "foreign_key_checks", "1", ALL, 0 },
	/*
	 * What is copied has been checked where it is; and of the table's own
	 * rows the children may come before their parents.
	 */
	{ "foreign_key_checks", "0", COPY, FIRM },

	/*
	 * Definitions are read as the server has them, and made as they are
	 * written.  With old_alter_table or alter_algorithm what costs nothing
	 * would copy a table, or what must copy one (the empty new table) would
	 * be refused.
	 */
	{ "sql_quote_show_create", "1", ALL, FIRM },
	{ "show_create_table_verbosity", "0", ALL, FIRM },
	{ "show_create_table_skip_secondary_engine", "0", ALL, FIRM },
	{ "explicit_defaults_for_timestamp", "1", OURS, FIRM },
	{ "restrict_fk_on_non_standard_key", "0", OURS, FIRM },
	{ "innodb_compression_default", "0", OURS, FIRM },
	{ "innodb_default_encryption_key_id", "1", OURS, FIRM },
	{ "sql_if_exists", "0", OURS, FIRM },
	{ "old_alter_table", "0", ALL, 0 },
	{ "alter_algorithm", "0", ALL, 0 },
	/* No invisible primary key that the original has not. */
	{ "sql_generate_invisible_primary_key", "0", ALL, ADMIN_MYSQL },
	{ "enforce_storage_engine", "NULL", OURS, ADMIN_MARIADB },
	{ "require_row_format", "0", ALL, ADMIN_MYSQL },

	/*
	 * Messages and warnings are all there, and in English.  Of old_mode's
	 * flags, one hides that a row met a duplicate, and one says what a TIME
	 * becomes in a DATETIME; native ALTER obeys that one as well.
	 */
	{ "sql_notes", "1", ALL, FIRM },
	{ "note_verbosity", "'basic'", ALL, FIRM },
	{ "lc_messages", "'en_US'", ALL, EARLY },
	{ "terminology_use_previous", "'NONE'", ALL, 0 },
	{ "max_error_count", "65535", ALL, ADMIN_MYSQL },
	{ "old_mode", "IF(FIND_IN_SET('ZERO_DATE_TIME_CAST', @@old_mode), "
	    "'ZERO_DATE_TIME_CAST', '')", OURS, FIRM },
	/* The clock goes on: heartbeats are told by it. */
	{ "timestamp", "DEFAULT", ALL, FIRM },
	/* MySQL takes 0, too, for the number of the next row. */
	{ "insert_id", "0", ALL, FIRM | MARIADB },
};

enum { N_SETTINGS = sizeof(settings) / sizeof(settings[0]) };

_Static_assert(N_SETTINGS <= SERVER_SETTINGS, "struct server has room");

/*
 * READ COMMITTED spares the application the gap locks of the copy's locking
 * reads; statement-based logging does not allow it (error 1665).
 */
static const char *
isolation(const struct server *s, enum session_use use)
{
	return use == SESSION_COPY && !s->binlog_statement ?
	    "'READ-COMMITTED'" : "'REPEATABLE-READ'";
}

/*
 * init_connect may have begun a transaction, in which some variables cannot be
 * set; and completion_type may make a plain ROLLBACK end the connection.
 */
static const char first_of_all[] = "ROLLBACK AND NO CHAIN NO RELEASE";

/*
 * The character sets, which the escaper of texts must know.  A user
 * who types an ALTER has the collation that is the server's default.
 */
static void
begin_set(struct str *q, enum session_use use)
{
	str_addf(q, "SET NAMES utf8mb4%s",
	    use == SESSION_ALTER ? "" : " COLLATE utf8mb4_general_ci");
}

static void
add_setting(struct str *q, const struct setting *v, const char *isolation)
{
	str_addf(q, ", %s = %s", v->name, v->value != NULL ? v->value :
	    isolation);
}

static bool
is_admin(const struct server *s, const struct setting *v)
{
	return (v->how & (s->mariadb ? ADMIN_MARIADB : ADMIN_MYSQL)) != 0;
}

/* Of those that are for everybody: all, or only the firm ones. */
static void
add_settings(struct str *q, const struct server *s, enum session_use use,
    bool firm)
{
	size_t i;

	for (i = 0; i < N_SETTINGS; i++)
		if (s->setting[i] && (settings[i].in >> use & 1) != 0 &&
		    (!firm || (settings[i].how & FIRM) != 0) &&
		    !is_admin(s, &settings[i]) &&
		    (s->mariadb || (settings[i].how & MARIADB) == 0))
			add_setting(q, &settings[i], isolation(s, use));
}

void
session_sql_mode(struct str *q, unsigned int how)
{
	str_addz(q, SQL_MODE_OURS);
	if (how & SESSION_INVALID_DATES)
		str_addz(q, ",ALLOW_INVALID_DATES");
	if (how & SESSION_NO_ZERO_DATE)
		str_addz(q, ",NO_ZERO_DATE");
	if (how & SESSION_NO_ZERO_IN_DATE)
		str_addz(q, ",NO_ZERO_IN_DATE");
}

/*
 * The user's ALTER runs under the sql_mode it would have from anybody's
 * client.  Every other statement is ours and runs under a mode that keeps
 * values as they are: id 0 stays 0, zero dates stay, and the text that SHOW
 * CREATE TABLE gives is read the way it was written.  It decides what the
 * data become, so not even --set-vars changes it.
 */
static void
add_values(struct str *q, enum session_use use, unsigned int how)
{
	if (use != SESSION_ALTER) {
		str_addz(q, ", sql_mode = '");
		session_sql_mode(q, how);
		str_addz(q, "'");
	}
	str_addf(q, ", time_zone = %s", how & SESSION_UTC ? "'+00:00'" :
	    "DEFAULT");
}

/* Those that are not for everybody. */
static void
add_admin(struct str *q, const struct server *s, enum session_use use)
{
	size_t i;

	for (i = 0; i < N_SETTINGS; i++)
		if (s->setting[i] && (settings[i].in >> use & 1) != 0 &&
		    is_admin(s, &settings[i]))
			str_addf(q, "%s%s = %s", q->len > 0 ? ", " :
			    "SET SESSION ", settings[i].name,
			    settings[i].value);
}

/* What we can do without: only a lost connection is an error. */
static int
optional(struct db *db, const char *sql, struct err *e)
{
	struct err ignored = { .kind = ERR_NONE };

	if (db_session(db, sql, &ignored) == 0 || ignored.kind != ERR_LOST)
		return 0;
	*e = ignored;
	return -1;
}

/* The user's --set-vars, over most of our settings. */
static int
user_vars(struct db *db, const char *vars, struct err *e)
{
	struct str q = STR_INIT;
	int rc = 0;

	str_addf(&q, "SET SESSION %s", vars);
	if (db_session(db, q.s, e) != 0) {
		err_while(e, "--set-vars");
		if (e->kind == ERR_SQL)
			e->kind = ERR_USAGE;
		rc = -1;
	}
	str_free(&q);
	return rc;
}

/* All in one statement, since connections are opened in the swap as well. */
static int
set_up(struct db *db, enum session_use use, unsigned int how, struct err *e)
{
	struct str q = STR_INIT;
	int rc;

	begin_set(&q, use);
	add_settings(&q, db_server(db), use, false);
	add_values(&q, use, how);
	/* By this others like us know whom not to kill. */
	str_addz(&q, ", @livealter = GET_LOCK(CONCAT('livealter session ', "
	    "CONNECTION_ID()), 0)");
	rc = db_session(db, q.s, e);
	str_free(&q);
	return rc != 0 ? err_while(e, "setting up the session") : 0;
}

static int
set_up_again(struct db *db, enum session_use use, unsigned int how,
    struct err *e)
{
	struct str q = STR_INIT;
	int rc;

	begin_set(&q, use);
	add_settings(&q, db_server(db), use, true);
	add_values(&q, use, how);
	rc = db_session(db, q.s, e);
	str_free(&q);
	return rc;
}

static int
admin(struct db *db, enum session_use use, struct err *e)
{
	const struct server *s = db_server(db);
	struct str q = STR_INIT;
	int rc = 0;

	add_admin(&q, s, use);
	if (q.len > 0 && !s->ordinary)
		rc = optional(db, q.s, e);
	str_free(&q);
	return rc;
}

static int
set_up_all(struct db *db, enum session_use use, unsigned int how,
    struct err *e)
{
	const char *vars = db_server(db)->login->set_vars;

	if (db_session(db, first_of_all, e) != 0 ||
	    set_up(db, use, how, e) != 0 || admin(db, use, e) != 0)
		return -1;
	if (vars == NULL || vars[0] == '\0')
		return 0;
	return user_vars(db, vars, e) != 0 ||
	    set_up_again(db, use, how, e) != 0 ? -1 : 0;
}

int
session_open(struct db **db, const struct server *s, const char *role,
    enum session_use use, unsigned int how, struct err *e)
{
	return db_open_more(db, s, s->login, role, e) != 0 ||
	    set_up_all(*db, use, how, e) != 0 ? -1 : 0;
}

static int
set_early(struct db *db, unsigned int which, struct err *e)
{
	struct str q = STR_INIT;
	size_t i;
	int rc;

	begin_set(&q, SESSION_MAIN);
	for (i = 0; i < N_SETTINGS; i++)
		if ((settings[i].how & (EARLY | which)) != 0)
			add_setting(&q, &settings[i], NULL);
	rc = db_quiet(db, e, "%s", q.s);
	str_free(&q);
	return rc;
}

/*
 * What is to be asked first must not be cut short, either, and which kind of
 * server it is we do not know yet: what is unknown to it is refused.
 */
static int
early(struct db *db, struct err *e)
{
	struct err ignored = { .kind = ERR_NONE };

	if (db_quiet(db, e, "%s", first_of_all) == 0 &&
	    (set_early(db, EARLY_MARIADB, &ignored) == 0 ||
	    set_early(db, EARLY_MYSQL, e) == 0))
		return 0;
	return err_while(e, "setting up the session");
}

/* Which of them does this server have? */
static int
learn(struct server *s, struct db *db, struct err *e)
{
	struct rows r = ROWS_INIT;
	struct str q = STR_INIT;
	size_t i, j;

	str_addz(&q, "SHOW SESSION VARIABLES WHERE Variable_name IN (");
	for (i = 0; i < N_SETTINGS; i++)
		str_addf(&q, "%s'%s'", i > 0 ? ", " : "", settings[i].name);
	str_addz(&q, ")");
	if (db_rows(db, &r, "v?", e, "%s", q.s) != 0)
		err_while(e, "asking which variables the server has");
	for (i = 0; i < N_SETTINGS; i++)
		for (j = 0; j < r.n; j++)
			if (strcasecmp(r.cell[j][0], settings[i].name) == 0)
				s->setting[i] = true;
	rows_free(&r);
	str_free(&q);
	return e->kind != ERR_NONE ? -1 : 0;
}

/* May this account set what is not for everybody? */
static int
try_admin(struct server *s, struct db *db, struct err *e)
{
	struct err refused = { .kind = ERR_NONE };
	struct str q = STR_INIT;

	add_admin(&q, s, SESSION_MAIN);
	if (q.len > 0 && db_quiet(db, &refused, "%s", q.s) != 0)
		s->ordinary = true;
	str_free(&q);
	if (refused.kind != ERR_LOST)
		return 0;
	*e = refused;
	return -1;
}

static bool
is_firm(const char *item)
{
	size_t i, len;

	for (i = 0; i < N_SETTINGS; i++) {
		len = strlen(settings[i].name);
		if ((settings[i].how & FIRM) != 0 &&
		    settings[i].in == ALL &&
		    strncasecmp(item, settings[i].name, len) == 0 &&
		    strchr(" =", item[len]) != NULL && item[len] != '\0')
			return true;
	}
	return false;
}

/*
 * What applications write to the new table, through the triggers, is in the
 * binary log.  So must be all that makes that table, or replication ends there.
 */
static int
see_that_it_is_logged(struct db *db, struct err *e)
{
	struct rows r = ROWS_INIT;

	if (db_rows(db, &r, "vv", e, "SHOW SESSION VARIABLES WHERE "
	    "(Variable_name = 'sql_log_bin' AND Value = 'OFF' OR "
	    "Variable_name = 'skip_replication' AND Value = 'ON' OR "
	    "Variable_name = 'server_id' AND Value <> @@GLOBAL.server_id) "
	    "AND @@GLOBAL.log_bin = 1") == 0 && r.n > 0) {
		err_set(e, ERR_USAGE, "the session has %s=%s, by --set-vars or "
		    "init_connect: replicas would lack the new table",
		    r.cell[0][0], r.cell[0][1]);
		err_hint(e, "what applications write to it is in the binary "
		    "log, and ends replication where it does not exist");
	}
	rows_free(&r);
	return e->kind != ERR_NONE ? -1 : 0;
}

/* Said once, not for each connection. */
static void
say_what_stays(const struct login *login)
{
	const char *list = login->set_vars;
	char *item;

	while (list != NULL && (item = list_next(&list)) != NULL) {
		if (is_firm(item))
			log_warn("--set-vars: %s is ignored; livealter needs "
			    "its own value", item);
		free(item);
	}
}

int
session_first(struct db **db, struct server *s, const char *role,
    struct err *e)
{
	if (db_open(db, s, s->login, role, e) != 0 || early(*db, e) != 0 ||
	    server_probe(s, *db, e) != 0 || learn(s, *db, e) != 0 ||
	    try_admin(s, *db, e) != 0 ||
	    set_up_all(*db, SESSION_MAIN, 0, e) != 0 ||
	    see_that_it_is_logged(*db, e) != 0)
		return -1;
	say_what_stays(s->login);
	return 0;
}
