#ifndef LAG_H
#define LAG_H

#include <stdbool.h>

#include "model/names.h"
#include "server/replica.h"
#include "throttle/beats.h"
#include "throttle/roster.h"
#include "throttle/source.h"

/* What is asked of every replica. */
struct lag_limits {
	struct beats *beats;		/* the source's */
	struct roster *roster;		/* or NULL */
	double most;			/* seconds that one may be behind */
	double every;			/* seconds between two looks */
	bool fail;			/* one that does not replicate, or does
					   not answer, ends the run */
	const char *channel;		/* or NULL: all of them */
	const struct names *names;	/* that the run writes to */
};

/*
 * The source of one replica.  It takes over its connection, and makes it anew
 * when it breaks; both must stay until the threads have ended.  The lag is that
 * of the registry's heartbeat; where that cannot be read, what the replica
 * itself says.  One whose applier met an error with a table of ours does not go
 * on by itself: that ends the run in any case.
 */
void lag_source(struct source *s, struct replica *r,
    const struct lag_limits *limits);

/*
 * What can be done about a replica that has stopped, which has so many channels
 * that count; channel is the one that was asked for, or NULL.  Returns -1.
 */
int lag_hint(const struct replica *r, unsigned int channels,
    const char *channel, struct err *e);

#endif
