#ifndef FIXTURE_H
#define FIXTURE_H

/*
 * Tables for the tests of the model, as table_load() would read them.  In
 * each function the text "more" may hold the words "null", "auto_increment"
 * and "generated", and "collate=NAME", where the character set is what stands
 * before the first "_", "default=TEXT" and "generated=EXPRESSION".
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "model/alter.h"
#include "model/filter_read.h"
#include "model/plan.h"
#include "model/planner.h"

struct fixture {
	struct table old, new;
	struct server server;
	struct plan_options options;
	struct names names;
	struct alter alter;
	const char *where;		/* --where, or NULL */
	struct filter filter;
	struct plan plan;
	struct err e;
};

static const struct server mariadb_10_11 = {
	.mariadb = true, .version = 101119, .time_zone = NULL,
	.snapshot_isolation = true, .note_verbosity = true,
};
static const struct server mariadb_10_6 = {
	.mariadb = true, .version = 100620, .time_zone = NULL,
};
static const struct server mysql_8_4 = {
	.mariadb = false, .version = 80405, .time_zone = NULL,
};

static inline enum column_kind
fixture_kind(const char *type)
{
	static const struct {
		const char *word;
		enum column_kind kind;
	} known[] = {
		{ "uuid", KIND_UUID }, { "inet", KIND_UUID },
		{ "json", KIND_JSON }, { "point", KIND_OTHER },
		{ "bit", KIND_BIT }, { "float", KIND_FLOAT },
		{ "double", KIND_FLOAT }, { "enum", KIND_ENUM },
		{ "set", KIND_ENUM }, { "date", KIND_TIME },
		{ "timestamp", KIND_TIME }, { "time", KIND_TIME },
		{ "blob", KIND_BINARY }, { "longblob", KIND_BINARY },
		{ "binary", KIND_BINARY }, { "varbinary", KIND_BINARY },
		{ "char", KIND_TEXT }, { "varchar", KIND_TEXT },
		{ "text", KIND_TEXT }, { "longtext", KIND_TEXT },
		{ "mediumtext", KIND_TEXT },
	};
	size_t i;

	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strncmp(type, known[i].word, strlen(known[i].word)) == 0)
			return known[i].kind;
	return KIND_NUMBER;
}

/* What stands after "word=" in a text, up to a blank; or NULL. */
static inline char *
fixture_word(const char *more, const char *word)
{
	const char *at = strstr(more, word);

	if (at == NULL)
		return NULL;
	at += strlen(word);
	return xstrndup(at, strcspn(at, " "));
}

static inline void
fixture_name(struct ident *id, const char *name)
{
	struct err e;

	if (ident_set(id, name, &e) != 0)
		abort();
}

/* A column that is not in any table. */
static inline struct column
fixture_column(const char *name, const char *type, const char *more)
{
	struct column c = { .kind = fixture_kind(type) };
	const char *s;

	fixture_name(&c.name, name);
	c.type = xstrdup(type);
	c.data_type = xstrndup(type, strcspn(type, " ("));
	c.nullable = strstr(more, "null") != NULL;
	c.auto_increment = strstr(more, "auto_increment") != NULL;
	c.generated = strstr(more, "generated") != NULL;
	if (c.generated)
		c.expression = fixture_word(more, "generated=");
	if (c.generated && c.expression == NULL)
		c.expression = xstrdup("1");
	c.extra = xstrdup(c.auto_increment ? "auto_increment" : "");
	c.fallback = fixture_word(more, "default=");
	c.collation = fixture_word(more, "collate=");
	if (c.collation != NULL)
		c.charset = xstrndup(c.collation, strcspn(c.collation, "_"));
	if (strcmp(c.data_type, "enum") == 0)
		for (s = type; (s = strstr(s, "'")) != NULL; c.members++)
			s = strchr(s + 1, '\'') + 1;
	return c;
}

static inline void
fixture_column_free(struct column *c)
{
	free(c->data_type);
	free(c->type);
	free(c->charset);
	free(c->collation);
	free(c->fallback);
	free(c->extra);
	free(c->expression);
}

static inline void
column(struct table *t, const char *name, const char *type, const char *more)
{
	t->column = xrealloc(t->column, t->n_columns + 1, sizeof(*t->column));
	t->column[t->n_columns++] = fixture_column(name, type, more);
}

/* The same column in both tables. */
static inline void
both(struct fixture *f, const char *name, const char *type, const char *more)
{
	column(&f->old, name, type, more);
	column(&f->new, name, type, more);
}

static inline void
fixture_part(struct table *t, struct key *k, const char *word, size_t len)
{
	char *name = xstrndup(word, len);
	struct key_part *p;
	size_t i;

	k->part = xrealloc(k->part, k->n + 1, sizeof(*k->part));
	p = &k->part[k->n++];
	memset(p, 0, sizeof(*p));
	p->descending = name[0] == '-';
	for (i = 0; i < t->n_columns; i++)
		if (same_text(t->column[i].name.raw, name + p->descending))
			break;
	if (i == t->n_columns)
		abort();
	p->column = i;
	free(name);
	if (!t->column[i].nullable)
		return;
	k->total = false;
	if (k->why_not == NULL)
		k->why_not = "it has a column that may be NULL";
}

/* The columns are "a,b,-c", where "-" says descending. */
static inline void
key(struct table *t, const char *name, bool is_unique, const char *columns)
{
	struct key *k;
	size_t len;

	t->key = xrealloc(t->key, t->n_keys + 1, sizeof(*t->key));
	k = &t->key[t->n_keys++];
	memset(k, 0, sizeof(*k));
	fixture_name(&k->name, name);
	k->primary = strcmp(name, "PRIMARY") == 0;
	k->unique = is_unique;
	k->total = is_unique;
	if (!is_unique)
		k->why_not = "it is not unique";
	for (; *columns != '\0'; columns += len) {
		columns += *columns == ',';
		len = strcspn(columns, ",");
		fixture_part(t, k, columns, len);
	}
}

static inline void
primary(struct table *t, const char *columns)
{
	key(t, "PRIMARY", true, columns);
}

static inline void
unique(struct table *t, const char *name, const char *columns)
{
	key(t, name, true, columns);
}

/* A fixture is a MariaDB, and compares values; its tables are empty. */
static inline void
fixture_begin(struct fixture *f)
{
	memset(f, 0, sizeof(*f));
	f->server = mariadb_10_11;
	f->server.time_zone = xstrdup("SYSTEM");
	f->options.checksum = true;
	f->options.proves = true;
}

static inline void
fixture_server(struct fixture *f, const struct server *s)
{
	char *zone = f->server.time_zone;

	f->server = *s;
	f->server.time_zone = zone;
}

static inline void
fixture_of_server(struct table *t, const struct server *s)
{
	size_t i;

	for (i = 0; i < t->n_columns; i++)
		t->column[i].mariadb = s->mariadb;
}

static const struct filter_moment fixture_moment = {
	"2026-03-01 01:30:00.123456", "2026-02-28 23:30:00.123456",
	"1772321400",
};

/* Make the plan: what planner_make() returns. */
static inline int
fixture_plan(struct fixture *f, const char *table, const char *alter)
{
	struct alter_mode mode = { .mariadb = f->server.mariadb };
	const struct planner_input in = { &f->names, &f->old, &f->new,
	    &f->alter, &f->server, &f->options };

	if (qname_set(&f->names.old, "app", table, &f->e) != 0 ||
	    alter_parse(&f->alter, alter, &mode, &f->e) != 0)
		abort();
	names_derive(&f->names);
	f->old.name = f->names.old;
	fixture_of_server(&f->old, &f->server);
	fixture_of_server(&f->new, &f->server);
	if (f->where != NULL && filter_read(&f->filter, f->where, &f->old,
	    &f->server, &fixture_moment, &f->e) != 0)
		return -1;
	f->options.filter = f->where != NULL ? &f->filter : NULL;
	return planner_make(&f->plan, &in, &f->e);
}

static inline void
fixture_table_end(struct table *t)
{
	size_t i;

	for (i = 0; i < t->n_columns; i++)
		fixture_column_free(&t->column[i]);
	for (i = 0; i < t->n_keys; i++)
		free(t->key[i].part);
	free(t->column);
	free(t->key);
	free(t->create);
	free(t->engine);
}

static inline void
fixture_end(struct fixture *f)
{
	planner_free(&f->plan);
	filter_free(&f->filter);
	alter_free(&f->alter);
	fixture_table_end(&f->old);
	fixture_table_end(&f->new);
	free(f->server.time_zone);
}

#endif
