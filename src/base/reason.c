#include "base/reason.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

int
reason_look(const struct reason *list, size_t n, struct str *what, double *in,
    struct err *e)
{
	struct str one = STR_INIT;
	double until;
	size_t i;
	int rc, all = 1;

	*in = 0;
	for (i = 0; i < n && all >= 0; i++) {
		str_reset(&one);
		until = 0;
		rc = list[i].look(list[i].arg, &one, &until, e);
		if (rc < 0) {
			all = -1;
		} else if (rc == 0) {
			str_addf(what, "%s%s", all == 0 ? "; and " : "",
			    one.s);
			*in = until > *in ? until : *in;
			all = 0;
		}
	}
	str_free(&one);
	return all;
}

int
reason_file(const void *arg, struct str *what, double *in, struct err *e)
{
	const char *file = arg;
	struct stat st;

	(void)in;
	(void)e;
	if (file == NULL)
		return 1;
	if (stat(file, &st) == 0)
		str_addf(what, "the file %s to be gone", file);
	else if (errno != ENOENT && errno != ENOTDIR)
		/* It may be there: what cannot be seen is no permission. */
		str_addf(what, "the file %s to be gone, or to be seen: %s",
		    file, strerror(errno));
	else
		return 1;
	return 0;
}
