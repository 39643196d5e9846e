#ifndef FIGURES_H
#define FIGURES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/progress.h"
#include "base/str.h"

#define FIGURES_REPLICAS 8	/* that are remembered */
#define FIGURES_VERB 16		/* bytes */
#define FIGURES_TEXT 256

/*
 * What a run notes of itself for those who look on from elsewhere: the latest
 * of each figure.  What is not known is 0, "" or, of seconds, below 0.
 */
struct figures {
	char verb[FIGURES_VERB];	/* "copied"; "": no rows are counted */
	struct progress progress;	/* but for its verb */
	double chunk_s, chunk_aim;	/* that the last one has taken */
	double lag, lag_limit;
	char lag_of[FIGURES_TEXT];	/* the replica furthest behind */
	char blocker[FIGURES_TEXT];	/* a connection that is in the way */
	enum err_kind error;		/* that will end the run */
};

/* Those of a run that goes on, for figures_pack(). */
struct figures_kept {
	struct figures now;
	struct {
		char name[FIGURES_TEXT];
		double lag, limit, at;	/* at: by now_s(); 0: there is none */
	} replica[FIGURES_REPLICAS];
};

#define FIGURES_KEPT_INIT { .now = { .chunk_s = -1, .lag = -1 } }

/* A step begins: what was of the last one is forgotten. */
void figures_step(struct figures_kept *f);

void figures_progress(struct figures_kept *f, const struct progress *p);
void figures_chunk(struct figures_kept *f, double seconds, double aim);
void figures_lag(struct figures_kept *f, const char *name, double lag,
    double limit);

/* NULL: nobody is in the way any more. */
void figures_blocker(struct figures_kept *f, const char *text);

/* The first one counts. */
void figures_error(struct figures_kept *f, enum err_kind kind);

/*
 * As a text of at most size bytes, of valid UTF-8; and read that back, whatever
 * is in it.
 */
void figures_pack(struct str *out, const struct figures_kept *f, size_t size);
void figures_unpack(struct figures *f, const char *text);

#endif
