#include "steps/instant.h"

#include <stdlib.h>

#include "base/util.h"
#include "server/session.h"
#include "steps/mdl.h"

void
instant_statement(struct str *q, const struct instant *in)
{
	str_addf(q, "ALTER TABLE %s %s%s", in->old->name.sql, in->alter->how,
	    in->alter->text);
}

static bool
touches_constraints(const struct alter *a)
{
	size_t i;

	for (i = 0; i < a->n; i++)
		if (a->item[i].what != ALTER_DROP_COLUMN)
			return true;
	return false;
}

/*
 * MySQL takes the locks of parents for keys that are dropped, and of children
 * for columns that are renamed.
 */
static int
run(const struct instant *in, struct db *users, const char *sql, struct err *e)
{
	const struct qname **t = xcalloc(1, sizeof(*t));
	const struct fkeys *child = &in->dependents->child;
	struct mdl_set set = { NULL, 1, 0, in->gate };
	size_t i;
	int rc;

	t[0] = &in->old->name;
	if (touches_constraints(in->alter)) {
		fkey_parents(&in->old->fkey, &t, &set.n);
		for (i = 0; i < child->n; i++) {
			t = xrealloc(t, set.n + 1, sizeof(*t));
			t[set.n++] = &child->key[i].child;
		}
	}
	set.table = t;
	rc = mdl_run(users, &set, &in->cfg->tries_swap_tables, sql, e);
	free(t);
	return rc;
}

/* There is no session to run it in. */
static enum instant_end
not_begun(const struct err *e)
{
	return e->kind == ERR_LOST ? INSTANT_LOST : INSTANT_FAILED;
}

static enum instant_end
end_of(const struct instant *in, const struct server *s, int rc,
    struct err *e)
{
	if (rc >= 0)
		return rc == 0 ? INSTANT_DONE : INSTANT_SHUT;
	if (e->kind == ERR_LOST)
		return INSTANT_LOST;
	if (e->kind == ERR_SQL && e->sqlno != 0 && !db_class_conflict(e) &&
	    db_class(e->sqlno) != DB_DENIED)
		return INSTANT_REFUSED;
	if (e->kind == ERR_SQL && e->sqlno == 0)
		e->kind = ERR_SWAP;
	else if (e->kind == ERR_SQL)
		server_explain(s, &in->old->name.db, ERR_SWAP,
		    e);
	return INSTANT_FAILED;
}

enum instant_end
instant_run(const struct instant *in, struct db *db, unsigned long *session,
    struct err *e)
{
	struct db *users = NULL;
	struct str q = STR_INIT;
	enum instant_end end;

	*session = 0;
	instant_statement(&q, in);
	if (session_open(&users, db_server(db), "alter", SESSION_ALTER, 0,
	    e) != 0 ||
	    db_quiet(users, e, "USE %s", in->old->name.db.sql) != 0) {
		end = not_begun(e);
	} else {
		*session = db_id(users);
		*db_beat(users) = *db_beat(db);
		end = end_of(in, db_server(db), run(in, users, q.s, e), e);
	}
	db_close(users);
	str_free(&q);
	return end;
}

/*
 * The list has names as those of files, which the server converts for nobody;
 * that of tablespaces has them as they are.
 */
static void
ask_versions(struct str *q, struct db *db, const struct qname *t)
{
	struct str name = STR_INIT, part = STR_INIT;

	str_addf(&name, "%s/%s", t->db.raw, t->table.raw);
	str_addf(&part, "%s#p#", name.s);
	str_addz(q, "SELECT MAX(TOTAL_ROW_VERSIONS) FROM "
	    "information_schema.INNODB_TABLES WHERE SPACE IN (SELECT SPACE "
	    "FROM information_schema.INNODB_TABLESPACES_BRIEF WHERE NAME = ");
	db_literal(q, db, name.s);
	str_addz(q, " OR LEFT(NAME, CHAR_LENGTH(");
	db_literal(q, db, part.s);
	str_addz(q, ")) = ");
	db_literal(q, db, part.s);
	str_addz(q, ")");
	str_free(&name);
	str_free(&part);
}

#define MORE_VERSIONS 90100	/* MySQL 9.1 */

int
instant_versions(unsigned long long *versions, unsigned long long *most,
    struct db *db, const struct qname *table, struct err *e)
{
	const struct server *s = db_server(db);
	struct str q = STR_INIT;
	char *value = NULL;
	int rc;

	*versions = *most = 0;
	if (s->mariadb)
		return 0;
	ask_versions(&q, db, table);
	rc = db_value(db, &value, e, "%s", q.s);
	str_free(&q);
	if (rc == 0 && value != NULL) {
		*versions = strtoull(value, NULL, 10);
		*most = s->version >= MORE_VERSIONS ? 255 : 64;
	}
	free(value);
	if (rc != 0 && e->kind != ERR_LOST) {
		e->kind = ERR_NONE;
		rc = 0;
	}
	return rc;
}
