#ifndef SUMMARY_H
#define SUMMARY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/str.h"

/* Something that was found: of what it is an instance, of what, and what is to
 * be said of it. */
struct summary_item {
	const char *kind;		/* a constant word, for programs */
	char *name, *text;
};

struct summary_list {
	struct summary_item *item;
	size_t n;
};

/* Rows that the new table would not take, for one reason. */
struct summary_misfit {
	/* "null", "too-long", "out-of-range", "not-a-member",
	 * "not-convertible" (of a column), "check", "partition", "other" */
	const char *kind;
	char *name;			/* of the old column; "" is the row */
	unsigned long long rows;
	struct summary_list sample;	/* name: the key; text: the value */
	char *text;			/* what is wrong, in words */
};

/* What looking for them has come to. */
struct summary_misfits {
	struct summary_misfit *misfit;
	size_t n;
	unsigned long long rows;	/* so many were looked at, */
	bool all;			/* which is all there are; */
	bool by_type;			/* and none, as all values fit */
	char *why_not;			/* they were not looked for; or NULL */
};

/* What a migration may take, as a sample of so many rows says. */
struct summary_estimate {
	unsigned long long rows;
	double copy_s, compare_s;	/* of all rows, by one connection */
	unsigned long long bytes;	/* of the new table */
	char *why_not;			/* it was not measured; or NULL */
};

/*
 * What a dry run has found, for people and for programs (the event summary).
 * NULL is what is not known.
 */
struct summary {
	const char *database, *table;
	/* SHOW CREATE TABLE as it is, and as it will be, each under the name
	 * of the table. */
	const char *create_before, *create_after;
	const char *name;		/* both names, quoted */
	unsigned long long rows, bytes;	/* as the server estimates them */
	const char *way;		/* of the server by itself */
	bool at_once;			/* and it touches no row */
	/* "child", "trigger"; and what names the table: "view", "procedure",
	 * "function", "event", "trigger" */
	struct summary_list hangs;
	struct summary_list breaks;	/* of those, what the swap breaks */
	/* What could not be looked at, and why: "unseen", "estimate",
	 * "misfits", "way". */
	struct summary_list unknown;
	/* What applications may meet: "dropped", "renamed", "narrowed", "type",
	 * "collation", "default", "not-null", "required". */
	struct summary_list changes;
	struct summary_list indexes;	/* "redundant", "missing" */
	/* The clauses of the ALTER that takes it back, and what none does: as
	 * model/back.h has them; also "rows". */
	struct summary_list back, lost;
	struct summary_misfits misfits;
	struct summary_estimate estimate;
};

/* Add one; name and text are copied. */
void summary_add(struct summary_list *l, const char *kind, const char *name,
    const char *fmt, ...) PRINTF(4, 5);
void summary_free(struct summary *s);
void summary_free_list(struct summary_list *l);
void summary_free_misfits(struct summary_misfits *m);

/* Add those clauses as the text of an ALTER. */
void summary_back(struct str *q, const struct summary *s);

/* Add the lines for people, no more than a screen unless much is wrong. */
void summary_print(struct str *to, const struct summary *s);

#endif
