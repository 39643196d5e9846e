#ifndef PID_FILE_H
#define PID_FILE_H

#include "base/err.h"

/* A file that tells others which process is at work, while it is. */
struct pid_file {
	const char *path;		/* NULL: none */
	int fd;
};

#define PID_FILE_INIT { .path = NULL, .fd = -1 }

/*
 * Writes our PID to the file, whose name must outlive *f, and keeps a lock on
 * it.  A file is taken over when the process it names is gone.  Returns 0, or
 * -1 with *e: ERR_BUSY when that process lives, ERR_USAGE when the file cannot
 * be written or holds something else than a PID.
 */
int pid_file_take(struct pid_file *f, const char *path, struct err *e);

/* Removes it, if it is still ours. */
void pid_file_drop(struct pid_file *f);

#endif
