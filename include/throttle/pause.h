#ifndef PAUSE_H
#define PAUSE_H

#include <stdbool.h>

#include "base/err.h"
#include "throttle/gate.h"

/* The pauses of something that the gate holds up, and how they are told. */
struct pause {
	double since;			/* it lasts; 0: there is none */
	double idle;			/* seconds of those that are over */
};

/*
 * May it go on?  As gate_ask(), or gate_look() at first.  Says what is waited
 * for when a pause begins, and how long it was when it ends.
 */
int pause_ask(struct pause *p, struct gate *g, unsigned int what, bool first,
    struct err *e);

/*
 * Wait, before something that is no walk, until it may go on; meanwhile(arg) is
 * called every two seconds.  Returns 0, or -1 with *e: of the gate or of
 * meanwhile(), or ERR_STOPPED.
 */
int pause_wait(struct gate *g, unsigned int what,
    int (*meanwhile)(void *arg, struct err *e), void *arg, struct err *e);

/* Seconds of all pauses, with that which lasts. */
double pause_idle(const struct pause *p);

#endif
