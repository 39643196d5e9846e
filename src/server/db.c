/*
 * A connection to the server.  The only file that knows the client library.
 */
#include "server/db.h"

#include <errmsg.h>
#include <mysql.h>
#include <stdarg.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "base/alive.h"
#include "base/event.h"
#include "base/road.h"
#include "base/stop.h"
#include "base/util.h"
#include "server/db_login.h"
#include "server/sql_mode.h"

struct db {
	MYSQL *my;
	const struct server *server;
	const struct login *login;
	const char *role;
	char **session;		/* to repeat after a reconnect */
	size_t n_session;
	unsigned long long affected;
	unsigned long long warnings;
	bool asks_once;			/* see db_ask_once() */
	struct road road;
	struct db_beat beat;
};

void
db_library_init(void)
{
	if (mysql_library_init(0, NULL, NULL) != 0)
		abort();
	db_login_init();
}

void
db_library_end(void)
{
	mysql_library_end();
}

void
db_thread_init(void)
{
	mysql_thread_init();
}

void
db_thread_end(void)
{
	mysql_thread_end();
}

/*
 * What the library knows of the failure, as ours.  Whatever its number, the
 * library has let go of a connection that it cannot use any more; over TLS it
 * is 2026, with texts of the TLS library, and others may be added.  Only what
 * is too large for a packet will be too large for the next connection, too.
 */
static int
failed(struct db *db, struct err *e)
{
	unsigned int no = mysql_errno(db->my);
	enum db_class class = db_class_said(no, mysql_error(db->my));

	if (class != DB_TOO_LARGE && db->my->net.pvio == NULL)
		class = DB_GONE;

	err_set(e, class == DB_GONE ? ERR_LOST : class == DB_FULL ? ERR_DISK :
	    ERR_SQL, "%s (error %u)", mysql_error(db->my), no);
	if (class == DB_FULL)
		err_hint(e, "free disk space where the server keeps its "
		    "tables");
	e->sqlno = no;
	return -1;
}

int
db_open(struct db **out, const struct server *s, const struct login *login,
    const char *role, struct err *e)
{
	struct db *db = xcalloc(1, sizeof(*db));

	db->server = s;
	db->login = login;
	db->role = role;
	*out = db;
	return db_login(&db->my, login, e);
}

void
db_close(struct db *db)
{
	size_t i;

	if (db == NULL)
		return;
	mysql_close(db->my);
	for (i = 0; i < db->n_session; i++)
		free(db->session[i]);
	free(db->session);
	free(db);
}

int
db_socket(const struct db *db)
{
	return (int)mysql_get_socket(db->my);
}

static int
send_text(struct db *db, const char *sql, struct err *e)
{
	double began = now_s();
	int rc = mysql_real_query(db->my, sql, strlen(sql));

	road_travelled(&db->road, now_s() - began);
	alive_sign();
	return rc != 0 ? failed(db, e) : 0;
}

/* Statements that return rows no session asked for (ANALYZE) are drained. */
static int
drain(struct db *db, struct err *e)
{
	MYSQL_RES *res = mysql_store_result(db->my);

	if (res != NULL)
		mysql_free_result(res);
	else if (mysql_field_count(db->my) != 0)
		return failed(db, e);
	return 0;
}

int
db_session(struct db *db, const char *sql, struct err *e)
{
	if (send_text(db, sql, e) != 0 || drain(db, e) != 0)
		return err_while(e, "%s", sql);
	db->session = xrealloc(db->session, db->n_session + 1,
	    sizeof(*db->session));
	db->session[db->n_session++] = xstrdup(sql);
	return 0;
}

int
db_reopen(struct db *db, struct err *e)
{
	size_t i;

	mysql_close(db->my);
	if (db_login(&db->my, db->login, e) != 0)
		return -1;
	for (i = 0; i < db->n_session; i++)
		if (send_text(db, db->session[i], e) != 0 ||
		    drain(db, e) != 0)
			return err_while(e, "%s", db->session[i]);
	return 0;
}

double
db_clock(struct db *db)
{
	double began = now_s();

	if (road_is_due(&db->road, began)) {
		mysql_ping(db->my);
		road_pinged(&db->road, now_s(), now_s() - began);
	}
	return now_s() - db->road.spent;
}

const struct server *
db_server(const struct db *db)
{
	return db->server;
}

unsigned long
db_id(const struct db *db)
{
	return mysql_thread_id(db->my);
}

/*
 * In the protocol the number has 16 bits, and is never more than 65535.  The
 * statement's own line, "Records: 3  Duplicates: 0  Warnings: 0", has it all.
 */
static unsigned long long
count_warnings(MYSQL *my)
{
	const char *info = mysql_info(my);
	const char *at = info != NULL ? strstr(info, "Warnings: ") : NULL;

	return at != NULL ? strtoull(at + 10, NULL, 10) :
	    mysql_warning_count(my);
}

static int
run(struct db *db, const char *sql, struct err *e)
{
	db->affected = 0;
	if (send_text(db, sql, e) != 0 || drain(db, e) != 0)
		return -1;
	db->affected = mysql_affected_rows(db->my);
	return 0;
}

int
db_run_text(struct db *db, const char *sql, struct err *e)
{
	event_sql(sql);
	db->warnings = 0;
	if (run(db, sql, e) != 0)
		return -1;
	db->warnings = count_warnings(db->my);
	return 0;
}

/*
 * It broke off, perhaps in the middle of what is made in another character set
 * and sql_mode: what comes next must not be read by them.
 */
static void
set_back(struct db *db)
{
	struct err ignored;

	db_quiet(db, &ignored, "SET NAMES utf8mb4, SESSION sql_mode = '"
	    SQL_MODE_OURS "'");
}

int
db_run_again(struct db *db, const char *sql, struct err *e)
{
	if (db_run_text(db, sql, e) == 0)
		return 0;
	if (e->kind == ERR_SQL && db_class(e->sqlno) == DB_DONE) {
		e->kind = ERR_NONE;
		return 0;
	}
	if (e->kind != ERR_LOST)
		set_back(db);
	return -1;
}

int
db_send(struct db *db, const char *sql, struct err *e)
{
	mysql_set_server_option(db->my, MYSQL_OPTION_MULTI_STATEMENTS_ON);
	return mysql_send_query(db->my, sql, strlen(sql)) != 0 ?
	    failed(db, e) : 0;
}

int
db_receive(struct db *db, size_t *done, struct err *e)
{
	int rc, next = 0;

	*done = 0;
	rc = mysql_read_query_result(db->my) != 0 ? failed(db, e) : 0;
	while (rc == 0 && next == 0) {
		rc = drain(db, e);
		if (rc != 0)
			break;
		++*done;
		next = mysql_next_result(db->my);
		if (next > 0)
			rc = failed(db, e);
	}
	if (rc == 0 || e->kind != ERR_LOST)
		mysql_set_server_option(db->my,
		    MYSQL_OPTION_MULTI_STATEMENTS_OFF);
	if (rc != 0 && e->kind != ERR_LOST)
		set_back(db);
	return rc;
}

/*
 * An error in one statement of a packet keeps the server from running those
 * after it.  A scalar subquery with two rows (1242) is such an error.
 */
#define ER_SUBQUERY_NO_1_ROW 1242

/* Has the server answered within so many seconds? */
static bool
answers_within(const struct db *db, double seconds)
{
	struct pollfd p = { .fd = mysql_get_socket(db->my),
	    .events = POLLIN };

	return poll(&p, 1, (int)(seconds * 1000)) != 0;
}

/* One result of the packet; *more as mysql_next_result() has it. */
static int
next_answer(struct db *db, const struct db_patience *p, int *more,
    struct err *e)
{
	int rc;

	while (p->killer != NULL && !answers_within(db, p->seconds))
		if (p->withdraw(db, p->killer))
			break;
	if (*more < 0)
		rc = mysql_read_query_result(db->my) != 0 ? failed(db, e) : 0;
	else
		rc = mysql_next_result(db->my) > 0 ? failed(db, e) : 0;
	if (rc == 0)
		rc = drain(db, e);
	*more = rc == 0 && mysql_more_results(db->my);
	return rc;
}

int
db_run_if(struct db *db, const struct db_patience *p, const char *question,
    const char *sql, struct err *e)
{
	struct err ignored = { .kind = ERR_NONE };
	struct str q = STR_INIT;
	bool asked = false;
	int rc, more = -1;

	str_addf(&q, "SELECT IF((%s) = 1, 1, (SELECT 1 UNION ALL SELECT 2)); "
	    "%s", question, sql);
	mysql_set_server_option(db->my, MYSQL_OPTION_MULTI_STATEMENTS_ON);
	rc = mysql_send_query(db->my, q.s, q.len) != 0 ? failed(db, e) : 0;
	while (rc == 0 && more != 0) {
		rc = next_answer(db, p, &more, e);
		asked = asked || rc == 0;
	}
	if (rc == 0 || e->kind != ERR_LOST)
		mysql_set_server_option(db->my,
		    MYSQL_OPTION_MULTI_STATEMENTS_OFF);
	/* A KILL QUERY that came too late is for this one. */
	if (asked && (rc == 0 || e->kind != ERR_LOST))
		db_quiet(db, &ignored, "DO 0");
	str_free(&q);
	return rc != 0 && !asked && e->sqlno == ER_SUBQUERY_NO_1_ROW ? 1 : rc;
}

int
db_open_more(struct db **out, const struct server *s,
    const struct login *login, const char *role, struct err *e)
{
	if (db_open(out, s, login, role, e) == 0)
		return 0;
	if (e->kind == ERR_CONNECT && db_class(e->sqlno) == DB_GONE)
		e->kind = ERR_LOST;
	return -1;
}

int
db_beside(struct db **out, const struct db *db, struct err *e)
{
	size_t i;

	if (db_open_more(out, db->server, db->login, "beside", e) != 0)
		return -1;
	for (i = 0; i < db->n_session; i++)
		if (db_session(*out, db->session[i], e) != 0)
			return -1;
	return 0;
}

int
db_quiet(struct db *db, struct err *e, const char *fmt, ...)
{
	struct str q = STR_INIT;
	va_list ap;
	int rc;

	va_start(ap, fmt);
	str_vaddf(&q, fmt, ap);
	va_end(ap);
	rc = run(db, q.s, e);
	str_free(&q);
	return rc;
}

int
db_run(struct db *db, struct err *e, const char *fmt, ...)
{
	struct str q = STR_INIT;
	va_list ap;
	int rc;

	va_start(ap, fmt);
	str_vaddf(&q, fmt, ap);
	va_end(ap);
	rc = db_run_text(db, q.s, e);
	str_free(&q);
	return rc;
}

unsigned long long
db_affected(const struct db *db)
{
	return db->affected;
}

unsigned long long
db_warnings(const struct db *db)
{
	return db->warnings;
}

/* A result that we did not ask for: the server, or what is between, is odd. */
static int
odd(struct err *e, const char *sql, const char *what)
{
	err_set(e, ERR_SQL, "the server's answer has %s: %.200s", what, sql);
	e->sqlno = 0;
	return -1;
}

static int
keep_rows(struct rows *r, MYSQL_RES *res, const char *shape, const char *sql,
    struct err *e)
{
	const char *more = shape != NULL ? strchr(shape, DB_MORE) : NULL;
	unsigned long *len;
	MYSQL_ROW row;
	size_t j;

	r->cols = mysql_num_fields(res);
	if (shape != NULL && (more == NULL ? r->cols != strlen(shape) :
	    r->cols < (size_t)(more - shape)))
		return odd(e, sql, "another number of columns");
	for (j = 0; shape == NULL && j < r->cols; j++)
		rows_name(r, j, mysql_fetch_field_direct(res, (unsigned int)
		    j)->name);
	while ((row = mysql_fetch_row(res)) != NULL) {
		len = mysql_fetch_lengths(res);
		rows_add(r);
		for (j = 0; j < r->cols; j++)
			if (row[j] != NULL)
				r->cell[r->n - 1][j] =
				    xstrndup(row[j], len[j]);
			else if (shape != NULL && j < strcspn(shape, "*") &&
			    shape[j] != DB_NULL)
				return odd(e, sql, "a NULL that cannot be");
	}
	return 0;
}

static int
read_rows(struct db *db, struct rows *r, const char *shape, const char *sql,
    struct err *e)
{
	MYSQL_RES *res;
	int rc;

	if (send_text(db, sql, e) != 0)
		return -1;
	res = mysql_store_result(db->my);
	if (res == NULL)
		return mysql_errno(db->my) != 0 ? failed(db, e) :
		    odd(e, sql, "no rows or columns at all");
	rc = keep_rows(r, res, shape, sql, e);
	if (rc != 0)
		rows_free(r);
	mysql_free_result(res);
	return rc;
}

/* Somebody's KILL QUERY, of which SHOW CREATE TRIGGER makes 1606. */
#define INTERRUPTED(e) ((e)->sqlno == 1317 || (e)->sqlno == 1606)

static int
vrows(struct db *db, struct rows *r, const char *shape, struct err *e,
    const char *fmt, va_list ap)
{
	struct str q = STR_INIT;
	int rc, i = 0;

	*r = (struct rows)ROWS_INIT;
	str_vaddf(&q, fmt, ap);
	while ((rc = read_rows(db, r, shape, q.s, e)) != 0 &&
	    e->kind == ERR_SQL && INTERRUPTED(e) && !db->asks_once &&
	    i++ < 10 && !stop_sleep(0.01))
		e->kind = ERR_NONE;
	str_free(&q);
	return rc;
}

struct db_beat *
db_beat(struct db *db)
{
	return &db->beat;
}

void
db_ask_once(struct db *db, bool once)
{
	db->asks_once = once;
}

int
db_rows(struct db *db, struct rows *r, const char *shape, struct err *e,
    const char *fmt, ...)
{
	va_list ap;
	int rc;

	va_start(ap, fmt);
	rc = vrows(db, r, shape, e, fmt, ap);
	va_end(ap);
	return rc;
}

int
db_row(struct db *db, struct rows *r, const char *shape, struct err *e,
    const char *fmt, ...)
{
	va_list ap;
	int rc;

	va_start(ap, fmt);
	rc = vrows(db, r, shape, e, fmt, ap);
	va_end(ap);
	if (rc != 0 || r->n == 1)
		return rc;
	rows_free(r);
	return odd(e, fmt, "not the one row that was asked for");
}

static int
vvalue(struct db *db, char **value, struct err *e, const char *fmt, va_list ap)
{
	struct rows r = ROWS_INIT;
	int rc = vrows(db, &r, "?", e, fmt, ap);

	*value = NULL;
	if (rc == 0 && r.n > 0) {
		*value = r.cell[0][0];
		r.cell[0][0] = NULL;
	}
	rows_free(&r);
	return rc;
}

int
db_value(struct db *db, char **value, struct err *e, const char *fmt, ...)
{
	va_list ap;
	int rc;

	va_start(ap, fmt);
	rc = vvalue(db, value, e, fmt, ap);
	va_end(ap);
	return rc;
}

int
db_number(struct db *db, unsigned long long *value, struct err *e,
    const char *fmt, ...)
{
	va_list ap;
	char *s;
	int rc;

	va_start(ap, fmt);
	rc = vvalue(db, &s, e, fmt, ap);
	va_end(ap);
	*value = s != NULL ? strtoull(s, NULL, 10) : 0;
	free(s);
	return rc;
}

void
db_literal(struct str *out, struct db *db, const char *text)
{
	size_t len = strlen(text);
	char *esc = xcalloc(2 * len + 1, 1);

	mysql_real_escape_string(db->my, esc, text, (unsigned long)len);
	str_addf(out, "'%s'", esc);
	free(esc);
}

void
db_exact(struct str *out, struct db *db, const char *column, const char *name)
{
	str_addf(out, "%s = ", column);
	db_literal(out, db, name);
	str_addf(out, " AND (@@lower_case_table_names > 0 OR CAST(%s AS "
	    "BINARY) = ", column);
	db_literal(out, db, name);
	str_addz(out, ")");
}
