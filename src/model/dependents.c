#include "model/dependents.h"

#include <stdlib.h>
#include <string.h>

#include "base/event.h"
#include "base/util.h"

/*
 * The server keeps the bytes that it was sent; what it shows is converted to
 * character_set_results, or not at all when there is none.
 */
static int
load_texts(struct dependents *k, struct db *db, const struct qname *table,
    const struct rows *r, struct err *e)
{
	bool mariadb = false;
	struct err e2 = { .kind = ERR_NONE };
	char *version = NULL;
	size_t i;
	int rc;

	rc = r->n == 0 ? 0 : db_value(db, &version, e, "SELECT VERSION()");
	if (rc == 0 && version != NULL)
		mariadb = strstr(version, "MariaDB") != NULL;
	free(version);
	if (rc == 0 && r->n > 0)
		rc = db_quiet(db, e, "SET SESSION character_set_results = "
		    "NULL");
	for (i = 0; rc == 0 && i < r->n; i++)
		rc = user_trigger_load(&k->trigger[i], db, table,
		    r->cell[i][3], mariadb, e);
	if (r->n > 0 && db_quiet(db, rc == 0 ? e : &e2, "SET SESSION "
	    "character_set_results = utf8mb4") != 0)
		rc = -1;
	return rc;
}

static int
load_triggers(struct dependents *k, struct db *db, const struct qname *table,
    struct err *e)
{
	struct rows r = ROWS_INIT;
	struct str q = STR_INIT;
	struct user_trigger *t;
	size_t i;
	int rc;

	db_match(&q, db, "EVENT_OBJECT_SCHEMA", "EVENT_OBJECT_TABLE", table);
	rc = db_rows(db, &r, "vvvv", e, "SELECT TRIGGER_NAME, ACTION_TIMING, "
	    "EVENT_MANIPULATION, DEFINER FROM information_schema.TRIGGERS "
	    "WHERE %s AND TRIGGER_NAME NOT LIKE 'livealter\\_%%' ORDER BY "
	    "EVENT_MANIPULATION, ACTION_TIMING, ACTION_ORDER", q.s);
	str_free(&q);
	k->trigger = xcalloc(r.n + 1, sizeof(*k->trigger));
	for (i = 0; rc == 0 && i < r.n; i++) {
		t = &k->trigger[k->n_triggers++];
		t->timing = xstrdup(r.cell[i][1]);
		t->event = xstrdup(r.cell[i][2]);
		rc = ident_set(&t->name, r.cell[i][0], e);
	}
	if (rc == 0)
		rc = load_texts(k, db, table, &r, e);
	rows_free(&r);
	return rc;
}

/* Only by their tables: they need not be turned, but kept still. */
static int
load_grandchildren(struct dependents *k, struct db *db, bool here_only,
    struct err *e)
{
	const struct fkeys *f = &k->child;
	size_t i;

	for (i = 0; i < f->n; i++)
		if ((i == 0 || strcmp(f->key[i].child.sql,
		    f->key[i - 1].child.sql) != 0) &&
		    fkey_children(&k->grandchild, db, &f->key[i].child, NULL,
		    here_only, e) != 0)
			return -1;
	return 0;
}

int
dependents_load(struct dependents *k, struct db *db, const struct qname *table,
    const struct qname *ours, bool here_only, struct err *e)
{
	memset(k, 0, sizeof(*k));
	return fkey_children(&k->child, db, table, ours, here_only, e) != 0 ||
	    load_grandchildren(k, db, here_only, e) != 0 ||
	    load_triggers(k, db, table, e) != 0 ? -1 : 0;
}

int
dependents_prepare(struct dependents *k, struct db *db, const struct names *n,
    bool mariadb, struct err *e)
{
	const struct qname *on = mariadb ? &n->shadow : &n->attic;
	size_t i;
	int rc;

	rc = k->n_triggers > 0 ? db_quiet(db, e, "USE %s", on->db.sql) : 0;
	for (i = 0; rc == 0 && i < k->n_triggers; i++)
		rc = user_trigger_prepare(&k->trigger[i], db, &on->table,
		    mariadb, e);
	return rc;
}

void
dependents_free(struct dependents *k)
{
	size_t i;

	fkey_free(&k->child);
	fkey_free(&k->grandchild);
	for (i = 0; i < k->n_triggers; i++)
		user_trigger_free(&k->trigger[i]);
	free(k->trigger);
	memset(k, 0, sizeof(*k));
}

void
dependents_text(struct str *q, const struct dependents *k)
{
	size_t i;

	fkey_text(q, &k->child);
	for (i = 0; i < k->n_triggers; i++) {
		user_trigger_before(q, &k->trigger[i]);
		str_addf(q, " %s\n", k->trigger[i].create);
	}
}
