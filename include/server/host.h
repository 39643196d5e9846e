#ifndef HOST_H
#define HOST_H

#include "server/db.h"

/*
 * The machine of a server, when it is this one.  That is believed only of a
 * connection by a socket whose other end is a process of this machine, one of
 * whose threads has the number that the server gives for the connection: no
 * proxy, tunnel or container passes for a server here.
 */

/*
 * The root directory of the server's process, to be closed with close(2); -1
 * when the server is not known to be here, or its process may not be looked
 * at.
 */
int host_root(struct db *db);

/* The cores that the server's process may run on; 0: it is not known here. */
unsigned int host_cores(struct db *db);

/*
 * A directory that the server calls so, with symbolic links as it follows them:
 * a descriptor for fstatvfs(3) only, or -1.
 */
int host_directory(int root, const char *path);

#endif
