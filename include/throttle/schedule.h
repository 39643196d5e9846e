#ifndef SCHEDULE_H
#define SCHEDULE_H

#include "throttle/source.h"

/*
 * The source of a time of the day in which alone the swap may begin; text is
 * one that window_parse() takes.
 */
void schedule_source(struct source *s, const char *text);

#endif
