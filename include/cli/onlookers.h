#ifndef ONLOOKERS_H
#define ONLOOKERS_H

#include "base/board.h"
#include "base/err.h"
#include "base/metrics.h"
#include "base/report_sink.h"
#include "cli/config.h"
#include "cli/hooks.h"

/* The sinks that tell other programs how a run goes, as the options ask for. */
struct onlookers {
	struct board board;
	struct hooks hooks;
	struct metrics *metrics;	/* NULL: none */
	struct report_sink *report;	/* NULL: none */
};

/*
 * Can they begin, as it looks now?  Nothing is run or left.  Returns 0, or -1
 * with *e.
 */
int onlookers_check(const struct config *cfg, struct err *e);

/*
 * Begin, once signals have their thread; onlookers_end() is due in any case.
 * Returns 0, or -1 with *e.
 */
int onlookers_begin(struct onlookers *o, const struct config *cfg,
    struct err *e);

/* The hook on-startup may say no.  Returns 0, or -1 with *e. */
int onlookers_ask(const struct config *cfg, struct err *e);

/* The job ends with this exit status: all are told, before the last event. */
void onlookers_finish(struct onlookers *o, enum err_kind status);

/* The program ends in a moment, after two signals. */
void onlookers_cut(struct onlookers *o);

/* When there is no event of the job any more. */
void onlookers_end(struct onlookers *o);

#endif
