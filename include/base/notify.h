#ifndef NOTIFY_H
#define NOTIFY_H

#include <pthread.h>
#include <stdbool.h>

#include "base/err.h"
#include "base/event.h"
#include "base/str.h"

/*
 * The sink that tells a service manager how the run goes, as sd_notify(3) has
 * it: lines of NAME=value in a datagram to the socket that NOTIFY_SOCKET names.
 * Nothing is told when it is not set, or names a kind of socket that we do not
 * know; what cannot be sent is lost, and the run goes on.
 */
struct notify {
	struct event_sink sink;
	int fd;				/* -1: nobody is to be told */
	double watchdog;		/* seconds, within which it wants to
					   hear of us; 0: it does not */
	pthread_mutex_t lock;		/* guards what is below it */
	struct str job, doing, waiting, failed, said;
	bool ready, stopping, over;
	double said_at, alive_at, extended_at;	/* now_s() */
};

#define NOTIFY_INIT { .fd = -1 }

/* By the thread that tells the story, before those who may say no. */
void notify_begin(struct notify *n);

/* The run ends with this exit status. */
void notify_finish(struct notify *n, enum err_kind status);

/* The program ends in a moment, after two signals. */
void notify_cut(struct notify *n);

/* When there is no event any more. */
void notify_end(struct notify *n);

#endif
