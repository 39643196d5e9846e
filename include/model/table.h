#ifndef TABLE_H
#define TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/ident.h"
#include "base/str.h"
#include "model/fkey.h"
#include "server/db.h"
#include "server/server.h"

/* How values of a column are read, written as a literal, and compared. */
enum column_kind {
	KIND_NUMBER,		/* integers, DECIMAL, YEAR: digits */
	KIND_FLOAT,		/* FLOAT, DOUBLE */
	KIND_BIT,
	KIND_ENUM,		/* ENUM and SET: ordered by number */
	KIND_TIME,		/* DATE, TIME, DATETIME, TIMESTAMP */
	KIND_TEXT,		/* has a character set */
	KIND_BINARY,		/* BINARY, VARBINARY, BLOBs */
	KIND_UUID,		/* MariaDB's UUID and INET types */
	KIND_JSON,		/* MySQL's JSON */
	KIND_OTHER,		/* geometries, vectors */
};

struct column {
	struct ident name;
	enum column_kind kind;
	char *data_type;	/* "bigint" */
	char *type;		/* "bigint(20) unsigned" */
	char *charset, *collation;	/* NULL when not KIND_TEXT or ENUM */
	char *fallback;		/* the DEFAULT, or NULL */
	char *extra;
	char *expression;	/* of a generated column, or NULL */
	bool nullable;
	bool bare;		/* nullable, and NULL is not its DEFAULT */
	bool generated;
	bool auto_increment;
	bool mariadb;		/* the two servers convert differently */
	unsigned int members;	/* of an ENUM */
};

struct key_part {
	size_t column;		/* index into columns */
	unsigned int prefix;	/* so many characters or bytes; 0: all */
	bool descending;
};

struct key {
	struct ident name;
	bool primary, unique;
	bool opaque;		/* a part is an expression */
	bool no_overlaps;	/* WITHOUT OVERLAPS: see ddl.h */
	/* Every part is a whole NOT NULL column of a type that has an order. */
	bool total;
	const char *why_not;	/* a constant text, when not total */
	struct key_part *part;
	size_t n;
};

struct table {
	struct qname name;
	char *engine;
	/* A statement that fails, or ROLLBACK, leaves what was written. */
	bool undoes_nothing;
	char *create;		/* SHOW CREATE TABLE */
	struct column *column;
	size_t n_columns;
	struct key *key;
	size_t n_keys;
	struct fkeys fkey;
	bool has_period;	/* of application time: see split.h */
	unsigned long long rows;	/* the server's estimate */
	unsigned long long bytes;	/* data and indexes */
	unsigned long long auto_increment;	/* 0: none */
};

/*
 * Read a table as information_schema and SHOW CREATE TABLE tell it.  Returns
 * 0, or -1 with *e: ERR_REFUSED when there is no such table or it is not a
 * base table.  table_free() frees; NULL is fine.
 */
int table_load(struct table **t, struct db *db, const struct qname *name,
    struct err *e);
void table_free(struct table *t);

/* Take another reading's text of the definition: we have changed it. */
void table_take_text(struct table *t, struct table *from);

/* Column or key names are compared as the servers do: without case. */
const struct column *table_column(const struct table *t, const char *name);
const struct key *table_key(const struct table *t, const char *name);

/* An index that leads with these columns; NULL: none does. */
const struct key *table_leading(const struct table *t,
    const struct ident *column, size_t n);

/*
 * The key to walk the table by: the primary key, or else the first that is
 * total.  NULL with *e (ERR_NO_KEY), saying why each unique key will not do.
 */
const struct key *table_total_key(const struct table *t, struct err *e);

/* Add SHOW CREATE TABLE without the name and the AUTO_INCREMENT counter. */
void table_definition(struct str *q, const struct table *t);

/* Add "TABLE_SCHEMA = '...' AND TABLE_NAME = '...'". */
void table_where(struct str *q, struct db *db, const struct qname *name);

/* Is there a table, or a view, of that name?  1, 0, or -1 with *e. */
int table_exists(struct db *db, const struct qname *name, struct err *e);

#endif
