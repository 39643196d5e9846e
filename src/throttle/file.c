#include "throttle/file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/util.h"

#define EVERY	0.3	/* seconds between two looks */
#define BLIND	15.0	/* seconds: a file system of another host may hang */

struct file {
	char *name;
	unsigned int holds;
};

static int
look(void *arg, struct verdict *v, struct err *e)
{
	const struct file *f = arg;
	struct stat st;

	(void)e;
	if (stat(f->name, &st) == 0)
		str_addf(&v->what, "the file %s to be gone", f->name);
	else if (errno != ENOENT && errno != ENOTDIR)
		/* It may be there: what cannot be seen is no permission. */
		str_addf(&v->what, "the file %s to be gone, or to be seen: %s",
		    f->name, strerror(errno));
	else
		return 0;
	v->holds = f->holds;
	return 0;
}

static void
free_file(void *arg)
{
	struct file *f = arg;

	free(f->name);
	free(f);
}

void
file_source(struct source *s, const char *name, unsigned int holds)
{
	struct file *f = xcalloc(1, sizeof(*f));
	struct str title = STR_INIT;

	f->name = xstrdup(name);
	f->holds = holds;
	str_addf(&title, "the file %s", name);
	*s = (struct source){ .name = str_take(&title), .every = EVERY,
	    .may_hold = holds, .blind = BLIND, .look = look,
	    .free = free_file, .arg = f };
}
