#ifndef SPELLING_H
#define SPELLING_H

#include "base/err.h"
#include "base/ident.h"
#include "server/db.h"

/*
 * With lower_case_table_names=1 the server keeps names of databases and tables
 * in lower case, and with 2 as they were created, and takes any other spelling
 * for the same; but named locks, the registry, our own comparisons and lists
 * of metadata locks do not.  So what the user types becomes the server's
 * spelling before it is used for anything.
 */

/*
 * Take up the server's spelling of the database and the table, where they are
 * given: freed, and made anew.  Returns 0, or -1 with *e.
 */
int spelling_take(struct db *db, char **database, char **table, struct err *e);

/* The same for a name that is still to be made, or need not exist. */
int spelling_of_table(struct db *db, struct qname *name, struct err *e);

#endif
