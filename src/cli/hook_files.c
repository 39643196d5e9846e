#include "cli/hook_files.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/str.h"
#include "base/util.h"
#include "cli/ownership.h"

static const char *const event_name[HOOK_EVENTS] = {
	[HOOK_STARTUP] = "startup",
	[HOOK_VALIDATED] = "validated",
	[HOOK_BEFORE_ROW_COPY] = "before-row-copy",
	[HOOK_BEFORE_CUT_OVER] = "before-cut-over",
	[HOOK_ROW_COPY_COMPLETE] = "row-copy-complete",
	[HOOK_BEGIN_POSTPONED] = "begin-postponed",
	[HOOK_STATUS] = "status",
	[HOOK_SUCCESS] = "success",
	[HOOK_FAILURE] = "failure",
};

/* Names of files begin so.  What was written for gh-ost reads its variables. */
static const struct {
	const char *begin, *variables;
} family[] = {
	{ "livealter-on-", "LIVEALTER_" },
	{ "gh-ost-on-", "GH_OST_" },
};

const char *
hook_files_event(enum hook_event event)
{
	return event_name[event];
}

static bool
begins(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

/* None of the names begins as another one does. */
static enum hook_event
event_of(const char *text)
{
	unsigned int i;

	for (i = 0; i < HOOK_EVENTS && !begins(text, event_name[i]); i++)
		;
	return (enum hook_event)i;
}

enum hook_event
hook_files_find(const char *event)
{
	enum hook_event found = event_of(event);

	return found != HOOK_EVENTS && strcmp(event, event_name[found]) == 0 ?
	    found : HOOK_EVENTS;
}

static const char *
refusal(const char *path)
{
	struct stat st;
	const char *why;

	if (stat(path, &st) != 0)
		return strerror(errno);
	if (!S_ISREG(st.st_mode))
		return "not a regular file";
	why = ownership_refusal_of(path);
	if (why != NULL)
		return why;
	return access(path, X_OK) == 0 ? NULL : "it cannot be executed; "
	    "chmod +x, unless the file system is mounted noexec";
}

static int
add(struct hook_files *files, const char *dir, const struct hook_file *f,
    struct err *e)
{
	struct hook_file *one;
	struct str path = STR_INIT;
	const char *why;

	str_addf(&path, "%s/%s", dir, f->name);
	why = refusal(path.s);
	if (why != NULL) {
		err_set(e, ERR_USAGE, "--hooks-dir: %s: %s", path.s, why);
		str_free(&path);
		return -1;
	}
	files->file = xrealloc(files->file, files->n + 1, sizeof(*one));
	one = &files->file[files->n++];
	*one = *f;
	one->name = xstrdup(f->name);
	one->path = str_take(&path);
	return 0;
}

/* Editors leave copies whose names end in "~". */
static int
consider(struct hook_files *files, const char *dir, char *name, struct err *e)
{
	struct hook_file f = { .name = name };
	size_t i, len = strlen(name);

	for (i = 0; i < sizeof(family) / sizeof(family[0]); i++) {
		if (!begins(name, family[i].begin) || name[len - 1] == '~')
			continue;
		f.prefix = family[i].variables;
		f.event = event_of(name + strlen(family[i].begin));
		if (f.event != HOOK_EVENTS)
			return add(files, dir, &f, e);
		log_warn("--hooks-dir: %s/%s is never run: livealter has no "
		    "such event", dir, name);
	}
	return 0;
}

static int
by_name(const void *a, const void *b)
{
	const struct hook_file *one = a, *other = b;

	return strcmp(one->name, other->name);
}

int
hook_files_read(struct hook_files *files, const char *dir, struct err *e)
{
	const char *why = ownership_refusal_of(dir);
	DIR *d = why == NULL ? opendir(dir) : NULL;
	struct dirent *entry;
	int rc = 0;

	*files = (struct hook_files){ .n = 0 };
	if (d == NULL)
		return err_set(e, ERR_USAGE, "--hooks-dir: %s: %s", dir,
		    why != NULL ? why : strerror(errno));
	while (rc == 0 && (entry = readdir(d)) != NULL)
		rc = consider(files, dir, entry->d_name, e);
	closedir(d);
	if (files->n > 0)
		qsort(files->file, files->n, sizeof(files->file[0]), by_name);
	return rc;
}

void
hook_files_free(struct hook_files *files)
{
	size_t i;

	for (i = 0; i < files->n; i++) {
		free(files->file[i].name);
		free(files->file[i].path);
	}
	free(files->file);
	*files = (struct hook_files){ .n = 0 };
}
