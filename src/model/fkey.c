#include "model/fkey.h"

#include <stdlib.h>
#include <string.h>

#include "base/text_list.h"
#include "base/util.h"
#include "model/registry_row.h"

/* The columns, in two lists. */
static int
load_columns(struct fkey *k, struct db *db, struct err *e)
{
	struct rows r = ROWS_INIT;
	struct str q = STR_INIT;
	size_t i;
	int rc;

	db_match(&q, db, "TABLE_SCHEMA", "TABLE_NAME", &k->child);
	str_addz(&q, " AND CONSTRAINT_NAME = ");
	db_literal(&q, db, k->name.raw);
	rc = db_rows(db, &r, "vvvv", e, "SELECT COLUMN_NAME, "
	    "REFERENCED_COLUMN_NAME, REFERENCED_TABLE_SCHEMA, "
	    "REFERENCED_TABLE_NAME FROM "
	    "information_schema.KEY_COLUMN_USAGE WHERE %s AND "
	    "REFERENCED_COLUMN_NAME IS NOT NULL ORDER BY ORDINAL_POSITION",
	    q.s);
	str_free(&q);
	k->column = xcalloc(r.n + 1, sizeof(*k->column));
	k->referenced = xcalloc(r.n + 1, sizeof(*k->referenced));
	for (i = 0; rc == 0 && i < r.n; i++, k->n++)
		if (ident_set(&k->column[i], r.cell[i][0], e) != 0 ||
		    ident_set(&k->referenced[i], r.cell[i][1], e) != 0)
			rc = -1;
	if (rc == 0 && r.n > 0)
		rc = qname_set(&k->parent, r.cell[0][2], r.cell[0][3], e);
	rows_free(&r);
	return rc;
}

/* Are these columns, in order, just the key's? */
static bool
is_key(const struct fkey *k, const struct rows *r, size_t from, size_t to)
{
	size_t i;

	if (to - from != k->n)
		return false;
	for (i = from; i < to; i++)
		if (!same_text(r->cell[i][1], k->column[i - from].raw))
			return false;
	return true;
}

static int
load_index(struct fkey *k, struct db *db, struct err *e)
{
	struct rows r = ROWS_INIT;
	struct str q = STR_INIT;
	size_t i, from = 0;
	int rc;

	db_match(&q, db, "TABLE_SCHEMA", "TABLE_NAME", &k->child);
	rc = db_rows(db, &r, "v?", e, "SELECT INDEX_NAME, COLUMN_NAME FROM "
	    "information_schema.STATISTICS WHERE %s AND NON_UNIQUE = 1 "
	    "ORDER BY INDEX_NAME, SEQ_IN_INDEX", q.s);
	str_free(&q);
	for (i = 1; rc == 0 && i <= r.n; i++) {
		if (i < r.n && strcmp(r.cell[i][0], r.cell[from][0]) == 0)
			continue;
		if (k->index.raw[0] == '\0' && is_key(k, &r, from, i))
			rc = ident_set(&k->index, r.cell[from][0], e);
		from = i;
	}
	rows_free(&r);
	return rc;
}

/* The rule that is not written: MariaDB takes RESTRICT that is for another. */
#define RULE(which) \
	"NULLIF(" which ", IF(VERSION() LIKE '%%MariaDB%%', 'RESTRICT', " \
	"'NO ACTION'))"

/*
 * Two questions and no join, which MariaDB answers by opening every table of
 * the server once for each row.
 */
static int
load(struct fkeys *f, struct db *db, const char *where, struct err *e)
{
	struct rows r = ROWS_INIT;
	struct fkey *k;
	size_t i;
	int rc;

	rc = db_rows(db, &r, "vvv??", e, "SELECT CONSTRAINT_NAME, "
	    "CONSTRAINT_SCHEMA, TABLE_NAME, " RULE("UPDATE_RULE") ", "
	    RULE("DELETE_RULE") " FROM "
	    "information_schema.REFERENTIAL_CONSTRAINTS WHERE %s ORDER BY "
	    "CONSTRAINT_SCHEMA, TABLE_NAME, CONSTRAINT_NAME", where);
	f->key = xrealloc(f->key, f->n + r.n + 1, sizeof(*f->key));
	for (i = 0; rc == 0 && i < r.n; i++) {
		k = &f->key[f->n++];
		memset(k, 0, sizeof(*k));
		k->on_update = xstrdup_null(r.cell[i][3]);
		k->on_delete = xstrdup_null(r.cell[i][4]);
		rc = ident_set(&k->name, r.cell[i][0], e) != 0 ||
		    qname_set(&k->child, r.cell[i][1], r.cell[i][2], e) != 0 ||
		    load_columns(k, db, e) != 0 ||
		    load_index(k, db, e) != 0 ? -1 : 0;
	}
	rows_free(&r);
	return rc;
}

int
fkey_own(struct fkeys *f, struct db *db, const struct qname *table,
    struct err *e)
{
	struct str q = STR_INIT;
	int rc;

	db_match(&q, db, "CONSTRAINT_SCHEMA", "TABLE_NAME", table);
	rc = load(f, db, q.s, e);
	str_free(&q);
	return rc;
}

static void
add_none_of(struct str *q, struct db *db, const struct qname *child)
{
	str_addz(q, " AND NOT (");
	db_match(q, db, "CONSTRAINT_SCHEMA", "TABLE_NAME", child);
	str_addz(q, ")");
}

int
fkey_children(struct fkeys *f, struct db *db, const struct qname *table,
    const struct qname *ours, bool here_only, struct err *e)
{
	struct str q = STR_INIT;
	int rc;

	db_match(&q, db, "UNIQUE_CONSTRAINT_SCHEMA", "REFERENCED_TABLE_NAME",
	    table);
	add_none_of(&q, db, table);
	if (ours != NULL)
		add_none_of(&q, db, ours);
	if (here_only) {
		str_addz(&q, " AND ");
		db_exact(&q, db, "CONSTRAINT_SCHEMA", table->db.raw);
	}
	rc = load(f, db, q.s, e);
	str_free(&q);
	return rc;
}

static struct ident *
copy_names(const struct ident *from, size_t n)
{
	struct ident *to = xcalloc(n + 1, sizeof(*to));

	memcpy(to, from, n * sizeof(*to));
	return to;
}

void
fkey_add(struct fkeys *f, const struct fkey *k)
{
	struct fkey *to;

	f->key = xrealloc(f->key, f->n + 1, sizeof(*f->key));
	to = &f->key[f->n++];
	*to = *k;
	to->column = copy_names(k->column, k->n);
	to->referenced = copy_names(k->referenced, k->n);
	to->on_update = xstrdup_null(k->on_update);
	to->on_delete = xstrdup_null(k->on_delete);
}

static void
free_key(struct fkey *k)
{
	free(k->column);
	free(k->referenced);
	free(k->on_update);
	free(k->on_delete);
}

void
fkey_remove(struct fkeys *f, size_t i)
{
	free_key(&f->key[i]);
	f->n--;
	memmove(&f->key[i], &f->key[i + 1], (f->n - i) * sizeof(*f->key));
}

void
fkey_free(struct fkeys *f)
{
	size_t i;

	for (i = 0; i < f->n; i++)
		free_key(&f->key[i]);
	free(f->key);
	f->key = NULL;
	f->n = 0;
}

const struct fkey *
fkey_find(const struct fkeys *f, const char *name)
{
	size_t i;

	for (i = 0; i < f->n; i++)
		if (same_text(f->key[i].name.raw, name))
			return &f->key[i];
	return NULL;
}

void
fkey_parents(const struct fkeys *f, const struct qname ***set, size_t *n)
{
	size_t i;

	for (i = 0; i < f->n; i++) {
		*set = xrealloc(*set, *n + 1, sizeof(**set));
		(*set)[(*n)++] = &f->key[i].parent;
	}
}

bool
fkey_is_self(const struct fkey *k)
{
	return strcmp(k->child.sql, k->parent.sql) == 0;
}

static bool
acts(const char *rule)
{
	return rule != NULL && strcmp(rule, "RESTRICT") != 0 &&
	    strcmp(rule, "NO ACTION") != 0;
}

bool
fkey_cascades(const struct fkey *k)
{
	return acts(k->on_update) || acts(k->on_delete);
}

bool
fkey_acts_on_delete(const struct fkey *k)
{
	return acts(k->on_delete);
}

void
fkey_stand_in(struct ident *to, const char *name)
{
	ident_derive(to, "", name, "_livealter");
}

void
fkey_in_wait(struct ident *to, const char *name)
{
	ident_derive(to, "~livealter_", name, "");
}

const struct fkey *
fkey_original(const struct fkeys *of, const struct fkey *k)
{
	struct ident other, waiting;
	size_t i;

	for (i = 0; i < of->n; i++) {
		fkey_stand_in(&other, of->key[i].name.raw);
		fkey_in_wait(&waiting, of->key[i].name.raw);
		if (same_text(other.raw, k->name.raw) ||
		    same_text(waiting.raw, k->name.raw))
			return &of->key[i];
	}
	return NULL;
}

static void
add_columns(struct str *q, const struct ident *column, size_t n)
{
	size_t i;

	str_addz(q, " (");
	for (i = 0; i < n; i++)
		str_addf(q, "%s%s", i > 0 ? ", " : "", column[i].sql);
	str_addz(q, ")");
}

void
fkey_definition(struct str *q, const struct fkey *k, const struct ident *name,
    const struct qname *parent, const struct ident *referenced)
{
	str_addf(q, "CONSTRAINT %s FOREIGN KEY", name->sql);
	add_columns(q, k->column, k->n);
	str_addf(q, " REFERENCES %s", parent->sql);
	add_columns(q, referenced != NULL ? referenced : k->referenced, k->n);
	if (k->on_delete != NULL)
		str_addf(q, " ON DELETE %s", k->on_delete);
	if (k->on_update != NULL)
		str_addf(q, " ON UPDATE %s", k->on_update);
}

void
fkey_keep_index(struct str *q, const struct fkey *k)
{
	struct str clause = STR_INIT;

	if (k->index.raw[0] == '\0')
		return;
	str_addf(&clause, "RENAME INDEX %s TO %s, ", k->index.sql,
	    k->index.sql);
	if (strstr(q->s, clause.s) == NULL)
		str_add(q, clause.s, clause.len);
	str_free(&clause);
}

void
fkey_text(struct str *q, const struct fkeys *f)
{
	size_t i;

	for (i = 0; i < f->n; i++) {
		str_addf(q, "%s ", f->key[i].child.sql);
		fkey_definition(q, &f->key[i], &f->key[i].name,
		    &f->key[i].parent, NULL);
		str_addz(q, "\n");
	}
}

static void
keep_names(struct str *list, const struct ident *name, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		text_list_add(list, name[i].raw);
}

void
fkey_keep(struct str *list, const struct fkeys *f)
{
	const struct fkey *k;
	size_t i;

	for (i = 0; i < f->n; i++) {
		k = &f->key[i];
		text_list_add(list, k->name.raw);
		text_list_add(list, k->child.db.raw);
		text_list_add(list, k->child.table.raw);
		text_list_add(list, k->parent.db.raw);
		text_list_add(list, k->parent.table.raw);
		text_list_add(list, k->index.raw);
		text_list_add(list, k->on_update != NULL ? k->on_update : "");
		text_list_add(list, k->on_delete != NULL ? k->on_delete : "");
		/* As many of each; an empty one ends them. */
		keep_names(list, k->column, k->n);
		keep_names(list, k->referenced, k->n);
		text_list_add(list, "");
	}
}

/* The next element, which may only be empty where that means none. */
static int
recall_name(struct ident *to, const char **list)
{
	struct err ignored = { .kind = ERR_NONE };
	char *text = text_list_next(list);
	int rc = text == NULL ? -1 : text[0] == '\0' ? 1 :
	    ident_set(to, text, &ignored);

	free(text);
	return rc;
}

static int
recall_table(struct qname *to, const char **list)
{
	struct err ignored = { .kind = ERR_NONE };
	struct ident db, table;

	return recall_name(&db, list) != 0 || recall_name(&table, list) != 0 ||
	    qname_set(to, db.raw, table.raw, &ignored) != 0 ? -1 : 0;
}

/* It becomes SQL: one of those that there are, or none. */
static int
recall_rule(char **to, const char **list)
{
	static const char *const rule[] = { "CASCADE", "SET NULL", "RESTRICT",
	    "NO ACTION", "SET DEFAULT" };
	char *text = text_list_next(list);
	int rc = text != NULL && text[0] == '\0' ? 0 : -1;
	size_t i;

	*to = NULL;
	for (i = 0; i < sizeof(rule) / sizeof(rule[0]) && *to == NULL; i++)
		if (same_text(text, rule[i]))
			*to = xstrdup(rule[i]);
	rc = *to != NULL ? 0 : rc;
	free(text);
	return rc;
}

/* Columns and what they reference, in one list up to an empty element. */
static int
recall_columns(struct fkey *k, const char **list)
{
	struct ident *both = NULL, one;
	size_t n = 0;
	int rc;

	while ((rc = recall_name(&one, list)) == 0) {
		both = xrealloc(both, n + 1, sizeof(*both));
		both[n++] = one;
	}
	if (rc == 1 && n > 0 && n % 2 == 0) {
		k->n = n / 2;
		k->column = xcalloc(k->n, sizeof(*k->column));
		k->referenced = xcalloc(k->n, sizeof(*k->referenced));
		memcpy(k->column, both, k->n * sizeof(*both));
		memcpy(k->referenced, both + k->n, k->n * sizeof(*both));
	}
	free(both);
	return k->n > 0 ? 0 : -1;
}

int
fkey_recall(struct fkeys *f, const char *list, struct err *e)
{
	struct fkey *k;

	while (*list != '\0') {
		f->key = xrealloc(f->key, f->n + 1, sizeof(*f->key));
		k = &f->key[f->n++];
		memset(k, 0, sizeof(*k));
		if (recall_name(&k->name, &list) != 0 ||
		    recall_table(&k->child, &list) != 0 ||
		    recall_table(&k->parent, &list) != 0 ||
		    recall_name(&k->index, &list) < 0 ||
		    recall_rule(&k->on_update, &list) != 0 ||
		    recall_rule(&k->on_delete, &list) != 0 ||
		    recall_columns(k, &list) != 0)
			return err_set(e, ERR_REFUSED, "the registry's list "
			    "of foreign keys cannot be read");
	}
	return 0;
}
