#ifndef HOOK_FILES_H
#define HOOK_FILES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

/* What a hook may be run for.  The first ones may end the run. */
enum hook_event {
	HOOK_STARTUP,
	HOOK_VALIDATED,
	HOOK_BEFORE_ROW_COPY,
	HOOK_BEFORE_CUT_OVER,
	HOOK_ROW_COPY_COMPLETE,
	HOOK_BEGIN_POSTPONED,
	HOOK_STATUS,
	HOOK_SUCCESS,
	HOOK_FAILURE,
	HOOK_EVENTS		/* so many; also: none of them */
};

/* A program of --hooks-dir. */
struct hook_file {
	char *name, *path;
	enum hook_event event;
	const char *prefix;	/* of its variables: "LIVEALTER_", "GH_OST_" */
};

struct hook_files {
	struct hook_file *file;		/* in the order of their names */
	size_t n;
};

/* "before-cut-over", and the event of that name. */
const char *hook_files_event(enum hook_event event);
enum hook_event hook_files_find(const char *event);

/*
 * The programs in the directory, for hook_files_free().  Warns of those that
 * are named after what never happens.  Returns 0; or -1 with *e (ERR_USAGE)
 * when the directory or one of them cannot be used, or is not the user's.
 */
int hook_files_read(struct hook_files *files, const char *dir, struct err *e);
void hook_files_free(struct hook_files *files);

#endif
