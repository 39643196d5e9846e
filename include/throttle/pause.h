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

/* Seconds of all pauses, with that which lasts. */
double pause_idle(const struct pause *p);

#endif
