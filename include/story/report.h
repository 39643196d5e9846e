#ifndef REPORT_H
#define REPORT_H

#include "story/migration.h"

/* What has come of the run, which ends with this exit status. */
void report_end(const struct migration *m, enum err_kind status);

#endif
