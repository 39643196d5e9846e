#ifndef DISK_H
#define DISK_H

#include <stdbool.h>

#include "base/err.h"
#include "base/ident.h"
#include "server/db.h"

/*
 * How much room there is where a server writes, and who says so.  What cannot
 * be found out is not known; it is no error.
 */
enum disk_source {
	DISK_UNKNOWN,
	DISK_HOST,		/* the server is on this machine (host.h) */
	DISK_PLUGIN,		/* MariaDB's plugin DISKS */
	DISK_TABLESPACE,	/* InnoDB's system tablespace may not grow */
};

struct disk {
	char *path;		/* a directory of the server, or what it is */
	enum disk_source by;
	/* It is certain that it is this file system.  The plugin knows no
	 * symbolic links: that it is the root's is only likely. */
	bool certain;
	bool packs;		/* it may compress what is written to it */
	unsigned long long free, total;		/* bytes; total 0: no limit */
	unsigned long long id;	/* of the file system, as far as by tells */
	int directory;		/* of DISK_HOST, or -1 */
	struct qname table;	/* of DISK_TABLESPACE: one that is in it */
};

/* Where the server puts a new table of this definition (SHOW CREATE TABLE; or
 * NULL), and its binary log. */
struct disks {
	struct disk data, binlog;
	bool logs;		/* it writes a binary log */
};

/* disk_free_all() is due.  0, or -1 with *e: ERR_LOST only. */
int disk_find_all(struct disks *d, struct db *db, const struct qname *table,
    const char *create, struct err *e);
void disk_free_all(struct disks *d);

/*
 * See how much is free now.  db may be NULL for DISK_HOST.  0, or -1 with *e.
 */
int disk_look(struct disk *d, struct db *db, struct err *e);
void disk_free(struct disk *d);

/* Are they one file system? */
bool disk_same(const struct disk *a, const struct disk *b);

/* Add a number of bytes, for people: "1.5 GiB". */
void disk_size(struct str *out, unsigned long long bytes);

#endif
