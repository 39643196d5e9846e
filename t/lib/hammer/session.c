/* Connections: opening one, and what to do when it breaks. */
#include "hammer.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

MYSQL *
session_open(bool fatal)
{
	MYSQL *my = mysql_init(NULL);
	char sql[128];

	if (my == NULL)
		die("out of memory");
	mysql_options(my, MYSQL_SET_CHARSET_NAME, "utf8mb4");
	if (mysql_real_connect(my, opt.host, opt.user, opt.password, opt.db,
	    opt.port, opt.socket, 0) == NULL) {
		if (fatal)
			die("cannot connect: %s", mysql_error(my));
		mysql_close(my);
		return NULL;
	}
	snprintf(sql, sizeof(sql), "SET SESSION TRANSACTION ISOLATION LEVEL "
	    "%s", opt.isolation);
	if (mysql_query(my, sql) != 0 && fatal)
		die("%s: %s", sql, mysql_error(my));
	return my;
}

bool
session_lost(const struct worker *w)
{
	switch (mysql_errno(w->my)) {
	case 1053:	/* server shutdown in progress */
	case 1927:	/* connection was killed */
	case 2002:
	case 2003:
	case 2006:
	case 2013:
	case 2055:
	case 4031:	/* disconnected by the server (MySQL) */
		return true;
	default:
		return false;
	}
}

static int64_t
number(MYSQL *my, const char *sql, int64_t otherwise)
{
	MYSQL_RES *res;
	MYSQL_ROW row;

	if (mysql_query(my, sql) != 0 ||
	    (res = mysql_store_result(my)) == NULL)
		return otherwise;
	row = mysql_fetch_row(res);
	if (row != NULL && row[0] != NULL)
		otherwise = strtoll(row[0], NULL, 10);
	mysql_free_result(res);
	return otherwise;
}

/*
 * The connection broke: whether the commit came through is for the server to
 * say.  (We do not ask before it has rolled back what was going on.)
 */
void
session_again(struct worker *w)
{
	char sql[256];
	int64_t n;
	size_t i;
	MYSQL *my;

	while ((my = session_open(false)) == NULL && !stop)
		nap_s(0.01);
	if (my == NULL)
		return;
	mysql_close(w->my);
	w->my = my;
	w->st.reconnects++;
	for (i = 0; i < w->nit; i++) {
		snprintf(sql, sizeof(sql), "SELECT COUNT(*) FROM %s WHERE "
		    "id = %" PRId64 " FOR UPDATE", opt.table, w->it[i].key);
		n = number(w->my, sql, -1);
		if (n >= 0)
			w->it[i].row = n > 0;
	}
}
