#ifndef PROGRESS_H
#define PROGRESS_H

#include "base/str.h"

/* How far something that takes long has come. */
struct progress {
	const char *verb;		/* "copied" */
	unsigned long long total;	/* rows, the server's estimate */
	unsigned long long done;
	unsigned long long chunk;	/* rows in the last one */
	double seconds;			/* since it began, without pauses */
	unsigned long long before;	/* rows done before it began */
	double elapsed;			/* seconds with pauses */
};

/* The share that is done, from 0 to 0.99: an estimate never says "all". */
double progress_share(const struct progress *p);

/* Rows a second, pauses left out; 0 when there is nothing to tell it by. */
double progress_rate(const struct progress *p);

/* Seconds until all is done, at that rate; below 0: not known. */
double progress_left(const struct progress *p);

/* "copied 120000 rows, 40%, 60000 rows/s, 0:03 left, chunks of 5000". */
void progress_line(struct str *out, const struct progress *p);

/* Seconds as 0:07, 12:34 or 1:02:03. */
void progress_clock(struct str *out, double seconds);

#endif
