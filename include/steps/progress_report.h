#ifndef PROGRESS_REPORT_H
#define PROGRESS_REPORT_H

#include <stdbool.h>

#include "base/progress.h"
#include "cli/config.h"

/*
 * Say how far it is: always to who asks for the status, and as a line that
 * everybody sees when --progress says that it is due and it is still going
 * on.  *told is what the last such line was of.
 */
void progress_report_rows(const struct config *cfg, const struct progress *now,
    struct progress *told, unsigned long long chunk_rows, bool going);

#endif
