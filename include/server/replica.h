#ifndef REPLICA_H
#define REPLICA_H

#include <stdbool.h>

#include "base/err.h"
#include "base/login.h"
#include "base/str.h"
#include "server/db.h"
#include "server/server.h"

/*
 * A replica, or another member of a replication group, and the one connection
 * that we have to it.
 */
struct replica {
	struct login login;		/* its own */
	struct server server;		/* what it is, once it was reached */
	struct db *db;			/* NULL: not reached, or handed on */
	char *name;			/* "db2:3306", for messages */
	unsigned int level;		/* 1: a direct one */
	char *found;			/* where: "processlist of db1:3306" */
	unsigned long long number;	/* its server_id; 0: not known */
	bool member;			/* of a replication group */
	bool listed;			/* in the table of dsn= */
	struct err why;			/* it was not reached */
	struct replica *next;
};

/*
 * One that is not reached yet, at host and port, as its source is: all that
 * the login of the source says counts for it as well.  To be freed.
 */
struct replica *replica_new(const struct login *source, const char *host,
    unsigned int port);

/* It, and all that follow it. */
void replica_free(struct replica *r);

/*
 * Connect; r->db is there, and server and number are known.  -1 with *e when
 * it does not answer for some seconds, or is none that livealter knows.
 */
int replica_open(struct replica *r, struct err *e);

/* "localhost" as an address: for the client library it is a socket. */
const char *replica_address(const char *host);

/* By this socket, if it is on this host. */
void replica_use_socket(struct replica *r, const char *socket);

/* Replace a text of a login that is not its own. */
void replica_set_text(char **field, const char *text);

/* What asks a server for all of its channels, a row each. */
const char *replica_statement(const struct server *s);

/* What a replica itself says of how it replicates. */
struct replica_state {
	bool replicates;		/* it has a channel that counts */
	bool stopped, connecting;
	struct str why;			/* then: what is the matter */
	double behind;			/* seconds; below 0: it does not know */
	double delay;			/* seconds that it waits on purpose; of
					   several channels, the least */
	unsigned int n_channels;	/* that count */
	struct str channels;		/* all it has, for messages */
};

#define REPLICA_STATE_INIT { .why = STR_INIT, .behind = -1, \
	.channels = STR_INIT }

void replica_state_free(struct replica_state *s);

/* Ask; only this channel counts, or all of them (NULL). */
int replica_ask(struct replica_state *s, struct db *db, const char *channel,
    struct err *e);

/*
 * The same of a member of a replication group, whose channel says nothing: one
 * that is not in its group any more has stopped.  It is 0 s behind when it has
 * nothing to apply, else it does not know.
 */
int replica_ask_member(struct replica_state *s, struct db *db, struct err *e);

#endif
