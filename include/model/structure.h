#ifndef STRUCTURE_H
#define STRUCTURE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/ident.h"
#include "base/str.h"
#include "model/table.h"

/*
 * What a table is made of, so that two can be compared: without the table's
 * name, the AUTO_INCREMENT counter, the order of keys and constraints, and the
 * words that only say what holds anyway (MySQL shows COLLATE or not, depending
 * on whether somebody wrote it).
 */

enum structure_kind {
	STRUCTURE_COLUMN,
	STRUCTURE_KEY,		/* the primary key's name is '' */
	STRUCTURE_CHECK,
	STRUCTURE_FKEY,
	STRUCTURE_OTHER,	/* a period */
};

struct structure_item {
	enum structure_kind kind;
	struct ident name;	/* raw is '' when it has none */
	char *text;		/* the definition without the name */
	char *whole;		/* all of it, as the server shows it */
};

struct structure {
	struct structure_item *item;
	size_t n;
	char *rest;		/* the table's options, and its partitions */
	char *tail;		/* the same as the server shows it */
};

#define STRUCTURE_INIT { NULL, 0, NULL, NULL }

/* Returns 0, or -1 with *e (ERR_CREATE).  structure_free() either way. */
int structure_read(struct structure *s, const struct table *t, struct err *e);
void structure_free(struct structure *s);

/* NULL: there is none of that kind and name. */
const struct structure_item *structure_find(const struct structure *s,
    enum structure_kind kind, const char *name);

/* 'S' (stored) or 'V' (virtual) of a column that is generated, or 0. */
char structure_generated(const struct structure_item *it);

/* A foreign key gets another name, or NULL: is forgotten. */
void structure_rename(struct structure *s, const char *fkey, const char *to);

/*
 * Columns of *s that are as in *from become as they are in *to: CREATE TABLE
 * gives a column a DEFAULT NULL that MySQL showed without, as ALTER ... DROP
 * DEFAULT leaves it.
 */
void structure_follow(struct structure *s, const struct structure *from,
    const struct structure *to);

/* Is it partitioned? */
bool structure_has_partitions(const struct structure *s);

/*
 * Is the one as the other?  Twins: in *is, a key or a constraint counts for
 * nothing if *was has one that differs by its name only.
 */
bool structure_same(const struct structure *was, const struct structure *is,
    bool twins);

/* Add all of it as text, in an order that depends on nothing else. */
void structure_text(struct str *q, const struct structure *s);

#endif
