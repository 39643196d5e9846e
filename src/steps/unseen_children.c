#include "steps/unseen_children.h"

#include <stdbool.h>

#include "base/log.h"
#include "base/str.h"
#include "base/util.h"
#include "server/server.h"

/* In MariaDB the names are those of files. */
static void
add_name(struct str *q, struct db *db, const char *name)
{
	str_addz(q, db_server(db)->mariadb ? "CAST(CONVERT(" : "CAST((");
	db_literal(q, db, name);
	str_addz(q, db_server(db)->mariadb ? " USING filename) AS BINARY)" :
	    ") AS BINARY)");
}

#define TEXT(what) "LOWER(CONVERT(" what " USING latin1))"

static void
ask(struct str *q, struct db *db, const struct qname *t)
{
	const struct server *s = db_server(db);
	struct str name = STR_INIT;

	str_addz(&name, "CONCAT(");
	add_name(&name, db, t->db.raw);
	str_addz(&name, ", '/', ");
	add_name(&name, db, t->table.raw);
	str_addz(&name, ")");
	/* Names that differ in case may be those of other tables. */
	str_addf(q, "SELECT FOR_NAME FROM information_schema.%s WHERE "
	    TEXT("CAST(REF_NAME AS BINARY)") " = " TEXT("%s") " AND "
	    "(@@lower_case_table_names > 0 OR CAST(REF_NAME AS BINARY) = %s) "
	    "AND NOT (" TEXT("CAST(FOR_NAME AS BINARY)") " = " TEXT("%s")
	    " AND (@@lower_case_table_names > 0 OR "
	    "CAST(FOR_NAME AS BINARY) = %s)) ORDER BY 1",
	    s->mariadb || s->version < 80000 ? "INNODB_SYS_FOREIGN" :
	    "INNODB_FOREIGN", name.s, name.s, name.s, name.s);
	str_free(&name);
}

static bool
is_found(const struct dependents *found, const char *name)
{
	const struct qname *child;
	struct str text = STR_INIT;
	bool yes = false;
	size_t i;

	for (i = 0; i < found->child.n && !yes; i++) {
		child = &found->child.key[i].child;
		str_reset(&text);
		str_addf(&text, "%s/%s", child->db.raw, child->table.raw);
		yes = same_text(text.s, name);
	}
	str_free(&text);
	return yes;
}

static int
refuse(struct db *db, const struct qname *table, const struct rows *r,
    const struct dependents *found, struct err *e)
{
	const struct server *s = db_server(db);
	struct str names = STR_INIT;
	size_t i;

	for (i = 0; i < r->n; i++)
		if (!is_found(found, r->cell[i][0]))
			str_addf(&names, "%s%s", names.len > 0 ? ", " : "",
			    r->cell[i][0]);
	err_set(e, ERR_NEEDS, "%s is not shown foreign keys of other tables "
	    "that reference %s: %s", s->user, table->sql, names.s);
	err_hint(e, "GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, "
	    "ALTER, REFERENCES, TRIGGER, LOCK TABLES ON their databases TO "
	    "%s", s->user);
	str_free(&names);
	return -1;
}

int
unseen_children_check(struct db *db, const struct qname *table,
    const struct dependents *found, struct err *e)
{
	const struct server *s = db_server(db);
	struct rows r = ROWS_INIT;
	struct str q = STR_INIT;
	int rc;

	ask(&q, db, table);
	rc = db_rows(db, &r, "v", e, "%s", q.s);
	if (rc == 0 && r.n > found->child.n)
		rc = refuse(db, table, &r, found, e);
	else if (rc != 0 && e->kind == ERR_SQL) {
		log_info("%s would not see foreign keys of tables in other "
		    "databases that reference %s and for which it has no "
		    "privilege; with PROCESS, it sees that there are some",
		    s->user, table->sql);
		e->kind = ERR_NONE;
		rc = 0;
	}
	rows_free(&r);
	str_free(&q);
	return rc;
}
