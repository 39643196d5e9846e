#ifndef LINK_H
#define LINK_H

#include <pthread.h>
#include <stdbool.h>

#include "base/err.h"
#include "server/db.h"
#include "server/server.h"

/* A source's own connection, which the end of the run can cut. */
struct link {
	const struct server *server;
	const char *role;		/* a constant word, for messages */
	pthread_mutex_t lock;		/* guards what is below it */
	struct db *db;			/* changed by its thread only */
	bool cut;
};

void link_init(struct link *l, const struct server *s, const char *role);
void link_free(struct link *l);

/* Connect, unless that is done: then l->db is there.  0, or -1 with *e. */
int link_open(struct link *l, struct err *e);

/* Use this one, which is closed when the end has come already. */
int link_adopt(struct link *l, struct db *db, struct err *e);

/* It is not to be used any more, such as after an error. */
void link_close(struct link *l);

/*
 * From another thread: whatever is asked on it fails soon, and there will be no
 * other one.  A connection that is just being made is not cut.
 */
void link_cut(struct link *l);

#endif
