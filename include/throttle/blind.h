#ifndef BLIND_H
#define BLIND_H

#include "base/err.h"
#include "server/db.h"

/*
 * No replica was found, and no list says that there is none: warn when its
 * threads would not be seen, with the privileges that help.  On MariaDB
 * everybody sees how many servers read the binary log, and where none does
 * nothing is said.  Returns 0, or -1 with *e.
 */
int blind_tell(struct db *db, struct err *e);

#endif
