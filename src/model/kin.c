#include "model/kin.h"

#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "model/lex.h"
#include "server/session.h"

/* SHOW CREATE TRIGGER: the text, and what it was made under. */
enum { SHOWN_MODE = 1, SHOWN_TEXT, SHOWN_CHARSET, SHOWN_COLLATION };

/*
 * The server keeps the bytes that it was sent; what it shows is converted to
 * character_set_results.  So that is set to what they are in.
 */
static int
load_text(struct kin_trigger *t, struct db *db, const struct qname *table,
    struct err *e)
{
	struct err ignored = { .kind = ERR_NONE };
	struct rows r = ROWS_INIT;
	int rc;

	if (db_quiet(db, e, "SET SESSION character_set_results = %s",
	    t->charset) != 0)
		return -1;
	rc = db_rows(db, &r, "vv?vvv?", e, "SHOW CREATE TRIGGER %s.%s",
	    table->db.sql, t->name.sql);
	if (db_quiet(db, rc == 0 ? e : &ignored, "SET SESSION "
	    "character_set_results = utf8mb4") != 0)
		rc = -1;
	if (rc == 0 && r.n > 0 && r.cell[0][SHOWN_TEXT] != NULL)
		t->create = xstrdup(r.cell[0][SHOWN_TEXT]);
	else if (rc == 0) {
		rc = err_set(e, ERR_NEEDS, "the text of trigger %s cannot be "
		    "seen", t->name.sql);
		err_hint(e, "GRANT TRIGGER ON %s TO the user", table->sql);
	}
	rows_free(&r);
	return rc;
}

static int
load_triggers(struct kin *k, struct db *db, const struct qname *table,
    struct err *e)
{
	struct rows r = ROWS_INIT;
	struct str q = STR_INIT;
	struct kin_trigger *t;
	size_t i;
	int rc;

	db_match(&q, db, "EVENT_OBJECT_SCHEMA", "EVENT_OBJECT_TABLE", table);
	rc = db_rows(db, &r, "vvvvvv", e, "SELECT TRIGGER_NAME, "
	    "ACTION_TIMING, EVENT_MANIPULATION, SQL_MODE, "
	    "CHARACTER_SET_CLIENT, "
	    "COLLATION_CONNECTION FROM information_schema.TRIGGERS WHERE %s "
	    "AND TRIGGER_NAME NOT LIKE 'livealter\\_%%' ORDER BY "
	    "EVENT_MANIPULATION, ACTION_TIMING, ACTION_ORDER", q.s);
	str_free(&q);
	k->trigger = xcalloc(r.n + 1, sizeof(*k->trigger));
	for (i = 0; rc == 0 && i < r.n; i++) {
		t = &k->trigger[k->n_triggers++];
		t->timing = xstrdup(r.cell[i][1]);
		t->event = xstrdup(r.cell[i][2]);
		t->sql_mode = xstrdup(r.cell[i][3]);
		t->charset = xstrdup(r.cell[i][4]);
		t->collation = xstrdup(r.cell[i][5]);
		rc = ident_set(&t->name, r.cell[i][0], e) != 0 ||
		    load_text(t, db, table, e) != 0 ? -1 : 0;
	}
	rows_free(&r);
	return rc;
}

/* Only by their tables: they need not be turned, but kept still. */
static int
load_grandchildren(struct kin *k, struct db *db, bool here_only,
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
kin_load(struct kin *k, struct db *db, const struct qname *table,
    const struct qname *ours, bool here_only, struct err *e)
{
	memset(k, 0, sizeof(*k));
	return fkey_children(&k->child, db, table, ours, here_only, e) != 0 ||
	    load_grandchildren(k, db, here_only, e) != 0 ||
	    load_triggers(k, db, table, e) != 0 ? -1 : 0;
}

void
kin_free(struct kin *k)
{
	size_t i;

	fkey_free(&k->child);
	fkey_free(&k->grandchild);
	for (i = 0; i < k->n_triggers; i++) {
		free(k->trigger[i].timing);
		free(k->trigger[i].event);
		free(k->trigger[i].sql_mode);
		free(k->trigger[i].charset);
		free(k->trigger[i].collation);
		free(k->trigger[i].create);
	}
	free(k->trigger);
	memset(k, 0, sizeof(*k));
}

void
kin_text(struct str *q, const struct kin *k)
{
	size_t i;

	fkey_text(q, &k->child);
	for (i = 0; i < k->n_triggers; i++) {
		kin_before_trigger(q, &k->trigger[i]);
		str_addf(q, " %s\n", k->trigger[i].create);
	}
}

void
kin_before_trigger(struct str *q, const struct kin_trigger *t)
{
	str_addf(q, "SET SESSION sql_mode = '%s', character_set_client = %s, "
	    "collation_connection = %s", t->sql_mode, t->charset,
	    t->collation);
}

void
kin_after_trigger(struct str *q)
{
	str_addz(q, "SET NAMES utf8mb4, SESSION sql_mode = '" SESSION_SQL_MODE
	    "'");
}

void
kin_stand_in(struct ident *to, const struct kin_trigger *t)
{
	ident_derive(to, "", t->name.raw, "_livealter");
}

/* The tokens of CREATE ... TRIGGER name time event ON table FOR EACH ROW. */
struct parts {
	size_t name, names_end;		/* with a schema, perhaps */
	size_t table, tables_end;
	size_t rest;			/* FOR */
};

static bool
find_parts(struct parts *p, const struct lex *l)
{
	size_t i = 0;

	while (i < l->n && !lex_is(l, i, "TRIGGER"))
		i++;
	i++;
	if (lex_is(l, i, "IF"))
		i += 3;			/* NOT EXISTS */
	p->name = i++;
	if (lex_punct(l, i, '.'))
		i += 2;
	p->names_end = i;
	i += 3;				/* BEFORE INSERT ON */
	p->table = i++;
	if (lex_punct(l, i, '.'))
		i += 2;
	p->tables_end = i;
	p->rest = i;
	return lex_named(l, p->name) && lex_is(l, p->table - 1, "ON") &&
	    lex_named(l, p->table) && lex_is(l, i, "FOR") &&
	    lex_is(l, i + 1, "EACH") && lex_is(l, i + 2, "ROW");
}

static void
add_between(struct str *q, const struct lex *l, size_t from, size_t to)
{
	size_t at = l->token[from].at;

	str_add(q, l->text + at, lex_end(l, to - 1) - at);
}

static int
scan(struct lex *l, struct parts *p, const struct kin_trigger *t,
    struct err *e)
{
	struct lex_mode mode = {
		.ansi_quotes = strstr(t->sql_mode, "ANSI_QUOTES") != NULL,
		.no_backslash_escapes =
		    strstr(t->sql_mode, "NO_BACKSLASH_ESCAPES") != NULL,
	};

	if (lex_scan(l, t->create, &mode, e) != 0)
		return -1;
	if (find_parts(p, l))
		return 0;
	return err_set(e, ERR_TRIGGERS, "the server's CREATE TRIGGER is not "
	    "understood: %.80s", t->create);
}

int
kin_trigger_before(struct str *q, const struct kin_trigger *t,
    const struct kin_trigger *next, struct err *e)
{
	struct lex l = { NULL, NULL, 0, 0 };
	struct parts p;
	size_t at;
	int rc;

	rc = scan(&l, &p, t, e);
	if (rc == 0) {
		/* After FOR EACH ROW; the server does not keep the clause. */
		at = lex_end(&l, p.rest + 2);
		str_add(q, l.text, at);
		if (next != NULL)
			str_addf(q, " PRECEDES %s", next->name.sql);
		str_addz(q, l.text + at);
	}
	lex_free(&l);
	return rc;
}

int
kin_trigger_on(struct str *q, const struct kin_trigger *t,
    const struct qname *name, const struct qname *table, struct err *e)
{
	struct lex l = { NULL, NULL, 0, 0 };
	struct parts p;
	int rc;

	rc = scan(&l, &p, t, e);
	if (rc == 0) {
		add_between(q, &l, 0, p.name);
		str_addf(q, " %s ", name->sql);
		add_between(q, &l, p.names_end, p.table);
		str_addf(q, " %s ", table->sql);
		str_addz(q, l.text + l.token[p.rest].at);
	}
	lex_free(&l);
	return rc;
}
