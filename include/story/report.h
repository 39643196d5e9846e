#ifndef REPORT_H
#define REPORT_H

#include "story/migration.h"

/* The last line of a success, and --statistics. */
void report_end(const struct migration *m);

#endif
