#ifndef ONLOOKERS_H
#define ONLOOKERS_H

#include "base/board.h"
#include "base/err.h"
#include "cli/config.h"
#include "cli/hooks.h"

/* The sinks that tell other programs how a run goes, as the options ask for. */
struct onlookers {
	struct board board;
	struct hooks hooks;
};

/*
 * Begin, once signals have their thread; onlookers_end() is due.  Then the hook
 * on-startup may say no.  Returns 0, or -1 with *e.
 */
int onlookers_begin(struct onlookers *o, const struct config *cfg,
    struct err *e);

/* The run ends with this exit status: all are told, before the last event. */
void onlookers_finish(struct onlookers *o, enum err_kind status);

/* The program ends in a moment, after two signals. */
void onlookers_cut(struct onlookers *o);

/* When there is no event any more. */
void onlookers_end(struct onlookers *o);

#endif
