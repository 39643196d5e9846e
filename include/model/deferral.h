#ifndef DEFERRAL_H
#define DEFERRAL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/ident.h"
#include "base/str.h"
#include "model/names.h"
#include "model/table.h"
#include "server/server.h"

/*
 * Secondary indexes that the new table gets after the copy.  Rows come in the
 * order of one key, and so at random places of every other index: to build
 * those at the end, by sorting, takes a fraction of that.
 *
 * Left out are indexes that are not unique, but for those that a foreign key,
 * of the table or of its children, or an AUTO_INCREMENT column needs.  The
 * servers list indexes in the order in which they were added, so an index that
 * stays and comes after one that is built is dropped and added in the same
 * statement, of which both servers only change the list.
 *
 * The definitions are remembered by an empty table like the new one, under the
 * name of names_trial(), until they are built.
 */
struct deferred {
	struct ident name;
	char *add;			/* ALTER TABLE that builds it alone,
					   those before it being there */
};

struct deferral {
	struct deferred *index;		/* in the order of the definition */
	size_t n;
	char *remember;			/* CREATE TABLE ... LIKE */
	char *drop;			/* all, from the empty table */
	char *add;			/* all, in one statement */
	char *forget;			/* DROP TABLE */
	char *order;			/* all plain indexes in the end */
	const char *why;		/* it is so, a constant text; or NULL */
};

/* How those statements end: at once, or refused. */
const char *deferral_online(const struct server *s);

/* Is that index to be one of them?  arg is what is handed on. */
typedef bool deferral_pick(const void *arg, const struct ident *name);

struct deferral_of {
	const struct server *server;
	const struct names *names;
	const struct qname *table;	/* the new one, or one like it */
};

/*
 * Those that pick() picks of the indexes that full has.  deferral_free() is
 * due.
 */
void deferral_make(struct deferral *d, const struct deferral_of *of,
    const struct table *full, deferral_pick *pick, const void *arg);
void deferral_free(struct deferral *d);

/* Is it all there, in that order? */
bool deferral_is_built(const struct deferral *d, const struct table *now);

/*
 * Add the definition, as table_definition(); but, unless full is NULL, for the
 * indexes that are not unique and that full has, and not in its form.
 */
void deferral_definition(struct str *q, const struct table *t,
    const struct table *full);

/* Add their names, with commas. */
void deferral_names(struct str *q, const struct deferral *d);

#endif
