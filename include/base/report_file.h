#ifndef REPORT_FILE_H
#define REPORT_FILE_H

#include "base/err.h"
#include "base/str.h"

/*
 * Put the text, a report or metrics, in the place of the file that an option
 * names ("--report"), as a whole or not at all.  Its mode is by the umask.  A
 * link, a device or a directory is not replaced.  Returns 0, or -1 with *e.
 */
int report_file_put(const char *option, const char *path,
    const struct str *text, struct err *e);

/* Could it be, as it looks now?  Nothing is left.  Returns 0, or -1 with *e. */
int report_file_check(const char *option, const char *path, struct err *e);

#endif
