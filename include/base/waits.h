#ifndef WAITS_H
#define WAITS_H

#include <stddef.h>

#include "base/str.h"

/* How much of a run has gone by in waiting for what the gate is shut for. */
struct waited {
	double seconds;
	double run;		/* seconds since it began */
};

/* From 0 to 1. */
double waits_share(const struct waited *w);

/* Behind what is given, "waited 0:12, 34% of the run"; nothing when it is less
 * than half a second. */
void waits_line(struct str *out, const char *before, const struct waited *w);

/* What a run notes of its waits in the registry. */
struct waits {
	struct waited waited;
	unsigned int workers, workers_most;	/* 0: none are at work */
	char *fewer;		/* why not as many as are asked for; or "" */
	char *what;		/* is waited for, all in one; or "" */
	char *reasons;		/* why the gate is shut, or "" */
};

/*
 * As a text of at most size bytes, of valid UTF-8: texts that are too long are
 * cut, those of reasons as well, and reasons that have no room are left out.
 * Nothing, when there has been no wait and no workers are at work.
 */
void waits_pack(struct str *out, const struct waits *w, size_t size);

/*
 * Read that back, for waits_free().  What was not packed is taken for what is
 * waited for.
 */
void waits_unpack(struct waits *w, const char *text);
void waits_free(struct waits *w);

#endif
