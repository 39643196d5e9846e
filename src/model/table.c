/*
 * A table as the server describes it.  Facts come from information_schema,
 * not from the text of SHOW CREATE TABLE, which is only kept for making the
 * shadow.
 */
#include "model/table.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/event.h"
#include "base/stop.h"
#include "base/util.h"
#include "model/ddl.h"

void
table_where(struct str *q, struct db *db, const struct qname *name)
{
	db_match(q, db, "TABLE_SCHEMA", "TABLE_NAME", name);
}

static bool
one_of(const char *word, const char *const *list)
{
	for (; *list != NULL; list++)
		if (strcasecmp(word, *list) == 0)
			return true;
	return false;
}

static enum column_kind
kind_of(const char *data_type, const char *charset)
{
	static const char *const number[] = { "tinyint", "smallint",
	    "mediumint", "int", "bigint", "decimal", "year", NULL };
	static const char *const real[] = { "float", "double", NULL };
	static const char *const when[] = { "date", "time", "datetime",
	    "timestamp", NULL };
	static const char *const binary[] = { "binary", "varbinary",
	    "tinyblob", "blob", "mediumblob", "longblob", NULL };
	static const char *const set[] = { "enum", "set", NULL };
	static const char *const uuid[] = { "uuid", "inet6", "inet4", NULL };

	if (one_of(data_type, number))
		return KIND_NUMBER;
	if (one_of(data_type, real))
		return KIND_FLOAT;
	if (one_of(data_type, when))
		return KIND_TIME;
	if (one_of(data_type, binary))
		return KIND_BINARY;
	if (one_of(data_type, set))
		return KIND_ENUM;
	if (one_of(data_type, uuid))
		return KIND_UUID;
	if (strcasecmp(data_type, "bit") == 0)
		return KIND_BIT;
	if (strcasecmp(data_type, "json") == 0)
		return KIND_JSON;
	return charset != NULL ? KIND_TEXT : KIND_OTHER;
}

/* The members of "enum('a','it''s',...)": quotes that open, doubled or not. */
static unsigned int
count_members(const char *type)
{
	unsigned int n = 0;
	bool inside = false;

	for (; *type != '\0'; type++) {
		if (*type != '\'')
			continue;
		if (inside && type[1] == '\'') {
			type++;
			continue;
		}
		inside = !inside;
		n += inside;
	}
	return n;
}

static int
set_column(struct column *c, char **cell, struct err *e)
{
	if (ident_set(&c->name, cell[0], e) != 0)
		return -1;
	c->data_type = xstrdup(cell[1]);
	c->type = xstrdup(cell[2]);
	c->charset = xstrdup_null(cell[3]);
	c->collation = xstrdup_null(cell[4]);
	c->nullable = same_text(cell[5], "YES");
	c->fallback = xstrdup_null(cell[6]);
	c->extra = xstrdup(cell[7] != NULL ? cell[7] : "");
	if (cell[8] != NULL && cell[8][0] != '\0') {
		c->expression = xstrdup(cell[8]);
		c->generated = true;
	}
	c->auto_increment = strstr(c->extra, "auto_increment") != NULL;
	c->kind = kind_of(c->data_type, c->charset);
	if (strcasecmp(c->data_type, "enum") == 0)
		c->members = count_members(c->type);
	return 0;
}

static int
load_columns(struct table *t, struct db *db, const char *where, struct err *e)
{
	const struct server *s = db_server(db);
	struct rows r = ROWS_INIT;
	size_t i;
	int rc = -1;

	if (db_rows(db, &r, "vvv??v???", e, "SELECT COLUMN_NAME, DATA_TYPE, "
	    "COLUMN_TYPE, CHARACTER_SET_NAME, COLLATION_NAME, IS_NULLABLE, "
	    "COLUMN_DEFAULT, EXTRA, GENERATION_EXPRESSION FROM "
	    "information_schema.COLUMNS WHERE %s ORDER BY "
	    "ORDINAL_POSITION", where) != 0)
		goto out;
	t->column = xcalloc(r.n, sizeof(*t->column));
	t->n_columns = r.n;
	for (i = 0; i < r.n; i++) {
		if (set_column(&t->column[i], r.cell[i], e) != 0)
			goto out;
		t->column[i].mariadb = s->mariadb;
	}
	rc = 0;
out:
	rows_free(&r);
	return rc;
}

const struct column *
table_column(const struct table *t, const char *name)
{
	size_t i;

	for (i = 0; i < t->n_columns; i++)
		if (strcasecmp(t->column[i].name.raw, name) == 0)
			return &t->column[i];
	return NULL;
}

const struct key *
table_key(const struct table *t, const char *name)
{
	size_t i;

	for (i = 0; i < t->n_keys; i++)
		if (strcasecmp(t->key[i].name.raw, name) == 0)
			return &t->key[i];
	return NULL;
}

#define ER_NO_DEFAULT_FOR_FIELD 1364

/* Which of these n columns has no default?  The server knows, no text of it. */
static int
ask_bare(struct table *t, struct column *const *c, size_t n, struct db *db,
    struct err *e)
{
	struct rows r = ROWS_INIT;
	struct str q = STR_INIT;
	size_t i;
	int rc;

	for (i = 0; i < n; i++)
		str_addf(&q, "%sDEFAULT(%s)", i > 0 ? ", " : "SELECT ",
		    c[i]->name.sql);
	rc = db_rows(db, &r, NULL, e, "%s FROM %s WHERE FALSE", q.s,
	    t->name.sql);
	rows_free(&r);
	str_free(&q);
	if (rc == 0 || e->sqlno != ER_NO_DEFAULT_FOR_FIELD)
		return rc;
	e->kind = ERR_NONE;
	e->sqlno = 0;
	if (n == 1) {
		c[0]->bare = true;
		return 0;
	}
	return ask_bare(t, c, n / 2, db, e) != 0 ? -1 :
	    ask_bare(t, c + n / 2, n - n / 2, db, e);
}

/*
 * Unlike all other questions here, this one opens the table, and others may
 * have locked it (LOCK TABLES ... WRITE): then it fails after
 * lock_wait_timeout.
 */
static int
ask_bare_at_last(struct table *t, struct column *const *c, size_t n,
    struct db *db, struct err *e)
{
	const struct db_beat *beat = db_beat(db);
	struct str what = STR_INIT;
	int rc;

	while ((rc = ask_bare(t, c, n, db, e)) != 0 && db_class_conflict(e)) {
		if (stop_sleep(0.05)) {
			err_set(e, ERR_STOPPED, "stopped");
			break;
		}
		if (what.len == 0) {
			str_addf(&what, "a moment when no session has locked "
			    "%s", t->name.sql);
			event_wait(EVENT_WAIT_LOCK, what.s);
		}
		if (beat->run != NULL)
			beat->run(beat->arg);
	}
	if (what.len > 0)
		event_wait(EVENT_WAIT_LOCK, NULL);
	str_free(&what);
	return rc;
}

/*
 * On MySQL, ALTER ... DROP DEFAULT leaves a nullable column without any.  Of a
 * BLOB or TEXT, which is never shown with DEFAULT NULL, no text tells.
 */
static int
find_bare(struct table *t, struct db *db, struct err *e)
{
	struct column **c = xcalloc(t->n_columns + 1, sizeof(struct column *));
	size_t i, n = 0;
	int rc = 0;

	for (i = 0; i < t->n_columns && !db_server(db)->mariadb; i++)
		if (t->column[i].nullable && !t->column[i].generated &&
		    t->column[i].fallback == NULL)
			c[n++] = &t->column[i];
	if (n > 0)
		rc = ask_bare_at_last(t, c, n, db, e);
	free(c);
	return rc;
}

static void
spoil(struct key *k, const char *why)
{
	k->total = false;
	if (k->why_not == NULL)
		k->why_not = why;
}

/* cell[2..4]: column (NULL: an expression), prefix length, A or D. */
static void
add_part(struct table *t, struct key *k, char **cell)
{
	const struct column *c;
	struct key_part *p;

	c = cell[2] != NULL ? table_column(t, cell[2]) : NULL;
	if (c == NULL) {
		spoil(k, "it is over an expression");
		k->opaque = true;
		return;
	}
	k->part = xrealloc(k->part, k->n + 1, sizeof(*k->part));
	p = &k->part[k->n++];
	memset(p, 0, sizeof(*p));
	p->column = (size_t)(c - t->column);
	p->descending = same_text(cell[4], "D");
	if (cell[3] != NULL) {
		p->prefix = (unsigned int)strtoul(cell[3], NULL, 10);
		spoil(k, "it covers only a prefix of a column");
	}
	if (c->nullable)
		spoil(k, "it has a column that may be NULL");
	if (c->kind == KIND_FLOAT)
		spoil(k, "it has a FLOAT or DOUBLE column, whose values "
		    "cannot be compared exactly");
	if (c->kind == KIND_JSON || c->kind == KIND_OTHER)
		spoil(k, "it has a column of a type without an order");
}

static int
load_keys(struct table *t, struct db *db, const char *where, struct err *e)
{
	const struct server *s = db_server(db);
	struct rows r = ROWS_INIT;
	struct key *k = NULL;
	size_t i;
	int rc = -1;

	if (db_rows(db, &r, "vv????", e, "SELECT INDEX_NAME, NON_UNIQUE, "
	    "COLUMN_NAME, SUB_PART, COLLATION, %s FROM "
	    "information_schema.STATISTICS WHERE %s ORDER BY INDEX_NAME = "
	    "'PRIMARY' DESC, INDEX_NAME, SEQ_IN_INDEX", s->mariadb ?
	    "IGNORED = 'YES'" : "IS_VISIBLE = 'NO'", where) != 0)
		goto out;
	t->key = xcalloc(r.n, sizeof(*t->key));
	for (i = 0; i < r.n; i++) {
		if (k == NULL || strcmp(k->name.raw, r.cell[i][0]) != 0) {
			k = &t->key[t->n_keys++];
			if (ident_set(&k->name, r.cell[i][0], e) != 0)
				goto out;
			k->primary = strcmp(k->name.raw, "PRIMARY") == 0;
			k->unique = strcmp(r.cell[i][1], "0") == 0;
			k->total = true;
			if (!k->unique)
				spoil(k, "it is not unique");
			/* FORCE INDEX of such a key is error 1176. */
			if (same_text(r.cell[i][5], "1"))
				spoil(k, "the server is told to ignore it");
		}
		add_part(t, k, r.cell[i]);
	}
	rc = 0;
out:
	rows_free(&r);
	return rc;
}

static int
load_facts(struct table *t, struct db *db, const char *where, struct err *e)
{
	struct rows r = ROWS_INIT;
	char **c;
	int rc = -1;

	if (db_rows(db, &r, "v?????", e, "SELECT TABLE_TYPE, ENGINE, "
	    "TABLE_ROWS, DATA_LENGTH + INDEX_LENGTH, AUTO_INCREMENT, "
	    "(SELECT e.TRANSACTIONS FROM information_schema.ENGINES e WHERE "
	    "e.ENGINE = TABLES.ENGINE) FROM "
	    "information_schema.TABLES WHERE %s", where) != 0)
		goto out;
	if (r.n == 0) {
		err_set(e, ERR_REFUSED, "table %s does not exist", t->name.sql);
		goto out;
	}
	c = r.cell[0];
	if (!same_text(c[0], "BASE TABLE")) {
		err_set(e, ERR_REFUSED, "%s is not a base table but a %s",
		    t->name.sql, c[0]);
		if (same_text(c[0], "SYSTEM VERSIONED"))
			err_hint(e, "a copy would lose the table's history; "
			    "use the server's own ALTER TABLE");
		goto out;
	}
	t->engine = xstrdup(c[1] != NULL ? c[1] : "none");
	t->undoes_nothing = c[5] != NULL && same_text(c[5], "NO");
	t->rows = c[2] != NULL ? strtoull(c[2], NULL, 10) : 0;
	t->bytes = c[3] != NULL ? strtoull(c[3], NULL, 10) : 0;
	t->auto_increment = c[4] != NULL ? strtoull(c[4], NULL, 10) : 0;
	rc = 0;
out:
	rows_free(&r);
	return rc;
}

static int
load_create(struct table *t, struct db *db, struct err *e)
{
	const struct server *s = db_server(db);
	struct rows r = ROWS_INIT;
	size_t i;
	int rc;

	rc = db_row(db, &r, "vv", e, "SHOW CREATE TABLE %s", t->name.sql);
	if (rc == 0)
		t->create = xstrdup(r.cell[0][1]);
	for (i = 0; rc == 0 && s->mariadb && i < t->n_keys; i++)
		t->key[i].no_overlaps = t->key[i].unique &&
		    ddl_key_overlaps(t->create, t->key[i].name.raw);
	if (rc == 0)
		t->has_period = s->mariadb && ddl_has_period(t->create);
	rows_free(&r);
	return rc;
}

void
table_definition(struct str *q, const struct table *t)
{
	static const char counter[] = " AUTO_INCREMENT=";
	const char *from = strchr(t->create, '('), *options, *at;

	if (from == NULL)
		from = t->create;
	/* The options begin in the line of the list's closing parenthesis. */
	options = strstr(from, "\n) ");
	at = options != NULL ? strstr(options, counter) : NULL;
	if (at == NULL) {
		str_addz(q, from);
		return;
	}
	str_add(q, from, (size_t)(at - from));
	at += sizeof(counter) - 1;
	str_addz(q, at + strspn(at, "0123456789"));
}

int
table_load(struct table **out, struct db *db, const struct qname *name,
    struct err *e)
{
	struct table *t = xcalloc(1, sizeof(*t));
	struct str where = STR_INIT;
	int rc;

	*out = t;
	t->name = *name;
	table_where(&where, db, name);
	rc = load_facts(t, db, where.s, e) != 0 ||
	    load_columns(t, db, where.s, e) != 0 ||
	    find_bare(t, db, e) != 0 ||
	    load_keys(t, db, where.s, e) != 0 || load_create(t, db, e) != 0 ||
	    fkey_own(&t->fkey, db, name, e) != 0 ? -1 : 0;
	str_free(&where);
	return rc;
}

const struct key *
table_leading(const struct table *t, const struct ident *column, size_t n)
{
	const struct key *k;
	size_t i, j;

	for (i = 0; i < t->n_keys; i++) {
		k = &t->key[i];
		for (j = 0; j < n && j < k->n && k->part[j].prefix == 0 &&
		    same_text(t->column[k->part[j].column].name.raw,
		    column[j].raw); j++)
			;
		if (j == n)
			return k;
	}
	return NULL;
}

const struct key *
table_total_key(const struct table *t, struct err *e)
{
	struct str why = STR_INIT;
	size_t i;

	for (i = 0; i < t->n_keys; i++) {
		if (t->key[i].total) {
			str_free(&why);
			return &t->key[i];
		}
		if (t->key[i].unique)
			str_addf(&why, "; %s will not do: %s",
			    t->key[i].name.sql, t->key[i].why_not);
	}
	err_set(e, ERR_NO_KEY, "the table has no PRIMARY KEY and no unique "
	    "key of NOT NULL columns to walk it by%s", why.s);
	err_hint(e, "add a primary key with the server's own ALTER TABLE "
	    "first, or make the columns of a unique key NOT NULL");
	str_free(&why);
	return NULL;
}

static void
free_column(struct column *c)
{
	free(c->data_type);
	free(c->type);
	free(c->charset);
	free(c->collation);
	free(c->fallback);
	free(c->extra);
	free(c->expression);
}

void
table_free(struct table *t)
{
	size_t i;

	if (t == NULL)
		return;
	for (i = 0; i < t->n_columns; i++)
		free_column(&t->column[i]);
	for (i = 0; i < t->n_keys; i++)
		free(t->key[i].part);
	fkey_free(&t->fkey);
	free(t->column);
	free(t->key);
	free(t->engine);
	free(t->create);
	free(t);
}

int
table_exists(struct db *db, const struct qname *name, struct err *e)
{
	struct str where = STR_INIT;
	unsigned long long n = 0;
	int rc;

	table_where(&where, db, name);
	rc = db_number(db, &n, e, "SELECT COUNT(*) FROM "
	    "information_schema.TABLES WHERE %s", where.s);
	str_free(&where);
	return rc != 0 ? -1 : n > 0;
}

void
table_take_text(struct table *t, struct table *from)
{
	free(t->create);
	t->create = from->create;
	from->create = NULL;
}
