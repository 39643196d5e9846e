#ifndef SOURCE_H
#define SOURCE_H

#include "base/err.h"
#include "base/str.h"

/*
 * A source is what may make a run wait, or end it: a file, the operator, a
 * time of the day.  Each has a file in this room, and a thread of its own
 * (watcher.h), so that one that hangs holds up none that asks the gate.
 */

/* What is held; bits. */
enum {
	HOLD_WALK = 1,		/* no chunk is begun */
	HOLD_SWAP = 2,		/* the swap is not begun */
	HOLD_WRITE = 4,		/* no chunk is begun that writes */
};

/* What a source has found. */
struct verdict {
	unsigned int holds;	/* HOLD_...; 0: there is nothing to wait for */
	struct str what;	/* is waited for: "the file x to be gone" */
	double in;		/* seconds until it comes; 0: not known */
	/*
	 * How much of what it allows is used up, if fewer workers can help: it
	 * holds from about 1 on.  And what that is: "Threads_running is 21,
	 * and its limit 25".
	 */
	double used;
	struct str near;
};

#define VERDICT_INIT { 0, STR_INIT, 0, 0, STR_INIT }

/* It is used so far; says so in what this returns, which is to be filled, or
 * NULL when more of something else is. */
struct str *source_uses(struct verdict *v, double used);
void source_free_verdict(struct verdict *v);

struct source {
	char *name;		/* for messages: "the file x" */
	double every;		/* seconds between two looks, at least */
	/*
	 * It holds these when it has not answered a question for so many
	 * seconds, or never; 0: then it stays as it was, at first open.
	 */
	unsigned int may_hold;
	double blind;
	/*
	 * Look, in the thread of the source; it may take as long as it likes.
	 * Returns 0 with *v, which was empty; 1 when nothing could be found
	 * out, and *e says why; -1 when *e is to end the run.
	 */
	int (*look)(void *arg, struct verdict *v, struct err *e);
	/* From another thread, at the end: have look() return; or NULL. */
	void (*cut)(void *arg);
	void (*free)(void *arg);
	void *arg;
};

#endif
