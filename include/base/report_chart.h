#ifndef REPORT_CHART_H
#define REPORT_CHART_H

#include "base/report_data.h"
#include "base/str.h"

/* What each kind of wait is called, for people. */
extern const char *const report_chart_wait[EVENT_WAITS];

/* Steps and waits on the time axis, and the figures below, as SVG. */
void report_chart_add(struct str *out, const struct report *r);

/* The same figures as a table. */
void report_chart_table(struct str *out, const struct report *r);

#endif
