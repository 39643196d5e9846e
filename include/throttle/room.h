#ifndef ROOM_H
#define ROOM_H

#include <stdbool.h>

#include "server/disk.h"
#include "server/server.h"
#include "throttle/source.h"

#define ROOM_DEFAULT	(1ULL << 30)	/* bytes, of --min-free-space */

/*
 * The source of a file system of the server: no chunk is written while less
 * than so many bytes are free, so that the application does not meet a full
 * disk because of us.  Of a small one, no more than a twentieth is asked for,
 * unless exactly is true.
 */
void room_source(struct source *s, struct disk *d, unsigned long long least,
    bool exactly, const struct server *server);

/* So much is asked for there. */
unsigned long long room_least(const struct disk *d, unsigned long long least,
    bool exactly);

#endif
