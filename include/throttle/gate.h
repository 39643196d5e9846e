#ifndef GATE_H
#define GATE_H

#include <stdbool.h>

#include "base/err.h"
#include "base/str.h"
#include "throttle/source.h"

/*
 * The one place where a run is made to wait.  It is open; or shut, for what
 * sources have found; or condemned, which ends the run.  Whoever asks gets
 * what is known, without waiting for a server or a file.  That it is asked is
 * also what has the sources look again: while no session asks, they rest, and
 * an operator's request is taken only when it will be obeyed.
 *
 * All functions may be called from any thread.  NULL is a gate that is open.
 */
struct gate;

struct gate *gate_new(void);
void gate_free(struct gate *g);

/* Why it is shut, for all that is waited for together. */
struct gate_reasons {
	struct str what;	/* "the file x to be gone; and ..." */
	struct str list;	/* the same, as of base/reasons.h */
	double in;		/* seconds until the last of it; 0: unknown */
	double since;		/* when (now_s()) the first of it began */
};

#define GATE_REASONS_INIT { STR_INIT, STR_INIT, 0, 0 }

void gate_free_reasons(struct gate_reasons *r);

/*
 * May it go on?  what is HOLD_..., one or several.  Returns 1; 0 when it is
 * shut, with *r; -1 with *e when the run is to end.
 */
int gate_ask(struct gate *g, unsigned int what, struct gate_reasons *r,
    struct err *e);

/*
 * The same, once every source has looked; a source that takes longer than a
 * second is not waited for.  Before something begins.
 */
int gate_look(struct gate *g, unsigned int what, struct gate_reasons *r,
    struct err *e);

/* The same as gate_ask(), for those who need not know why. */
bool gate_is_open(struct gate *g, unsigned int what);

/* What is nearest to its limit, of all that may hold it. */
struct gate_strain {
	double used;		/* of what is allowed, as of struct verdict */
	double at;		/* when (now_s()) that look began; 0: never */
	struct str why;
};

#define GATE_STRAIN_INIT { 0, 0, STR_INIT }

/* s->why is to be freed; what it had is. */
void gate_strain(struct gate *g, unsigned int what, struct gate_strain *s);

/* Is the run to end; and has gate_ask() or gate_look() said so to anybody? */
bool gate_is_condemned(struct gate *g);
bool gate_has_told(struct gate *g);

/* How fast a walk goes, as the operator wants it. */
struct gate_pace {
	unsigned int threads;		/* 0: as configured */
	double chunk_time;		/* seconds; below 0: as configured */
};

struct gate_pace gate_pace(struct gate *g);
void gate_set_pace(struct gate *g, const struct gate_pace *pace);

/*
 * For the watcher.  A place for a source, which must stay as long as the gate
 * is asked; the gate frees the place.
 */
struct gate_place;

struct gate_place *gate_add(struct gate *g, const struct source *s);

/* Sleep until it is time to look; false at the end. */
bool gate_wait(struct gate_place *p);

/* What look() has returned. */
void gate_note(struct gate_place *p, int rc, const struct verdict *v,
    const struct err *e);

/* gate_wait() returns false from now on. */
void gate_end(struct gate *g);

#endif
