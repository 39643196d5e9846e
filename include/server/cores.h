#ifndef CORES_H
#define CORES_H

#include "base/err.h"
#include "server/db.h"

/*
 * How many cores the server may use; 0: it is not known.  MySQL tells who may
 * see resource groups (RESOURCE_GROUP_USER), MariaDB by the size that its pool
 * of threads would have; else those of this machine count, if it is known to
 * be here (host.h).  -1 with *e when the connection is lost.
 */
int cores_ask(unsigned int *cores, struct db *db, struct err *e);

/* How many there are in "0-3,8"; 0: it is no such list. */
unsigned int cores_in(const char *list);

#endif
