#include "throttle/user_query.h"

#include <stdlib.h>

#include "base/util.h"
#include "throttle/link.h"

#define EVERY	1.0	/* seconds between two looks */
#define BLIND	15.0	/* seconds */
#define LONGEST	10	/* seconds that it may take */

#define PREPARED "livealter_throttle"

struct user_query {
	struct link link;
	const char *sql;
};

/*
 * Prepared, it is one statement.  MySQL's limit is for a SELECT only; what
 * takes longer is cut at the end.
 */
static int
ready(struct user_query *q, struct err *e)
{
	struct link *l = &q->link;

	if (l->db != NULL)
		return 0;
	if (link_open(l, e) != 0)
		return -1;
	/* Of the session, not of the transaction: MariaDB would commit before
	 * a DROP TABLE, and then allow it. */
	if (db_quiet(l->db, e, "SET SESSION TRANSACTION READ ONLY") != 0)
		return -1;
	return (l->server->mariadb ?
	    db_quiet(l->db, e, "SET SESSION max_statement_time = %d",
	    LONGEST) :
	    db_quiet(l->db, e, "SET SESSION max_execution_time = %d",
	    LONGEST * 1000)) != 0 ? -1 :
	    db_prepare(l->db, PREPARED, q->sql, e);
}

static int
ask(struct user_query *q, struct rows *r, struct err *e)
{
	struct db *db = q->link.db;

	return db_quiet(db, e, "START TRANSACTION") != 0 ||
	    db_rows(db, r, "?*", e, "EXECUTE " PREPARED) != 0 ||
	    db_quiet(db, e, "ROLLBACK") != 0 ? -1 : 0;
}

static int
judge(const struct rows *r, struct verdict *v, struct err *e)
{
	const char *text = r->n > 0 ? r->cell[0][0] : NULL;
	double value;
	char *end;

	if (text == NULL)
		return 0;
	value = strtod(text, &end);
	if (end == text || *end != '\0')
		return err_set(e, ERR_SQL, "it returns no number, but "
		    "\"%.60s\"", text);
	if (!(value > 0))
		return 0;
	v->holds = HOLD_WALK | HOLD_SWAP;
	str_addf(&v->what, "--throttle-query to return 0 (it is %.60s)", text);
	return 0;
}

static int
look(void *arg, struct verdict *v, struct err *e)
{
	struct user_query *q = arg;
	struct rows r = ROWS_INIT;
	int rc = 0;

	if (ready(q, e) != 0 || ask(q, &r, e) != 0 || judge(&r, v, e) != 0) {
		link_close(&q->link);
		rc = 1;
	}
	rows_free(&r);
	return rc;
}

static void
cut(void *arg)
{
	struct user_query *q = arg;

	link_cut(&q->link);
}

static void
free_query(void *arg)
{
	struct user_query *q = arg;

	link_free(&q->link);
	free(q);
}

static void
init(struct user_query *q, const struct config *cfg,
    const struct server *server)
{
	q->sql = cfg->throttle_query;
	link_init(&q->link, server, "throttle query");
}

void
user_query_source(struct source *s, const struct config *cfg,
    const struct server *server)
{
	struct user_query *q = xcalloc(1, sizeof(*q));

	init(q, cfg, server);
	*s = (struct source){ .name = xstrdup("--throttle-query"),
	    .every = EVERY, .may_hold = HOLD_WALK | HOLD_SWAP,
	    .blind = BLIND, .look = look, .cut = cut, .free = free_query,
	    .arg = q };
}

int
user_query_check(struct db *db, const struct config *cfg, struct err *e)
{
	struct verdict v = VERDICT_INIT;
	struct user_query q;
	int rc;

	if (cfg->throttle_query == NULL || *cfg->throttle_query == '\0')
		return 0;
	init(&q, cfg, db_server(db));
	rc = look(&q, &v, e);
	link_free(&q.link);
	str_free(&v.what);
	if (rc == 0)
		return 0;
	if (e->kind == ERR_SQL)
		e->kind = ERR_USAGE;
	return err_while(e, "--throttle-query");
}
